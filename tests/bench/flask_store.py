"""flask_store: the candidates of handlers/, as one writes them with Flask and sqlite3.

The same table in the same file format, with the same durability: a write-ahead log, synced at each
commit. Run by gunicorn (bench_store.py); STORE names the file.
"""
import os
import sqlite3
import threading
import time

from flask import Flask, jsonify, request

app = Flask(__name__)
local = threading.local()


def connection():
    if not hasattr(local, "db"):
        local.db = sqlite3.connect(os.environ["STORE"], timeout=30, isolation_level=None)
        local.db.execute("PRAGMA journal_mode = WAL")
        local.db.execute("PRAGMA synchronous = FULL")
        local.db.execute(
            "CREATE TABLE IF NOT EXISTS item (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL,"
            " created_ms INTEGER NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID")
    return local.db


def answer(row, status):
    name, party, created_ms, version = row
    created = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(created_ms / 1000))
    response = jsonify(name=name, party=party, version=version,
                       created=f"{created}.{created_ms % 1000:03d}Z")
    response.headers["ETag"] = f'"v{version}-{created_ms:x}"'
    return response, status


@app.get("/hello")
def hello():
    return "Hello world"


@app.get("/candidate/<name>")
def get(name):
    row = connection().execute(
        "SELECT name, value, created_ms, version FROM item WHERE name = ?", (name,)).fetchone()
    return answer(row, 200) if row else ({"status": 404}, 404)


@app.put("/candidate/<name>")
def put(name):
    party = request.get_json(force=True)["party"]
    row = connection().execute(
        "INSERT INTO item VALUES (?, ?, ?, 1) ON CONFLICT (name) DO UPDATE SET"
        " value = excluded.value, version = version + 1 RETURNING name, value, created_ms, version",
        (name, party, int(time.time() * 1000))).fetchone()
    return answer(row, 201 if row[3] == 1 else 200)
