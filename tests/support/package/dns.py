#!/usr/bin/env python3
"""dns.py ADDRESS NAME: a DNS server on ADDRESS:53 that knows one name, as 127.0.0.1.

Every other name, and every other type of the name, has no answer. Prints "ready" when it listens, and
each query with the length of its answer.
"""
import socket
import struct
import sys

address, known = sys.argv[1], sys.argv[2].encode()
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((address, 53))
print("ready", flush=True)
while True:
    query, client = server.recvfrom(512)
    end = query.find(b"\0", 12) + 5
    labels, at = [], 12
    while end >= 17 and query[at]:
        labels.append(query[at + 1:at + 1 + query[at]])
        at += 1 + query[at]
    is_known = b".".join(labels) == known
    has_answer = is_known and query[end - 4:end] == struct.pack(">HH", 1, 1)
    flags = 0x8180 if is_known else 0x8183
    reply = query[:2] + struct.pack(">HHHHH", flags, 1, int(has_answer), 0, 0) + query[12:end]
    if has_answer:
        reply += struct.pack(">HHHIH4B", 0xC00C, 1, 1, 60, 4, 127, 0, 0, 1)
    server.sendto(reply, client)
    print(labels, query[end - 4:end], client, len(reply), flush=True)
