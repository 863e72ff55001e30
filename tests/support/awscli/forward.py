"""forward.py CONTROL_URL MOTO_URL: services that a running `duet local` forwards to moto, by boto3.

Prints "ok NAME" or "not ok NAME" for each claim, with what went wrong before it. Exit status: 0 all
held, 1 not. s3 and sqs go to moto, sns to a port where nobody listens.
"""

import os
import sys

import claims  # first: it sets what boto3 reads
import boto3
import packages
from botocore.config import Config
from claims import check, refused

CONTROL_URL, MOTO_URL = sys.argv[1:3]
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=120, s3={"addressing_style": "path"})


def client(service, url=CONTROL_URL):
    return boto3.client(service, endpoint_url=url, config=ONCE)


def stores():
    """objects go to S3 and come back, byte for byte"""
    here, there = client("s3"), client("s3", MOTO_URL)
    here.create_bucket(Bucket="box")
    content = os.urandom(9 << 20)
    here.put_object(Bucket="box", Key="a key/ü?&", Body=content, Metadata={"color": "red"})
    assert there.get_object(Bucket="box", Key="a key/ü?&")["Body"].read() == content
    head = here.head_object(Bucket="box", Key="a key/ü?&")
    assert (head["ContentLength"], head["Metadata"]) == (len(content), {"color": "red"}), head
    assert here.get_object(Bucket="box", Key="a key/ü?&")["Body"].read() == content
    assert here.get_object(Bucket="box", Key="a key/ü?&", Range="bytes=5-9")["Body"].read() == content[5:10]
    refused("NoSuchKey", "key", here.get_object, Bucket="box", Key="none")
    here.delete_object(Bucket="box", Key="a key/ü?&")
    assert here.list_objects_v2(Bucket="box")["KeyCount"] == 0


def queues():
    """a service of another protocol works too, beside those that are here"""
    url = client("sqs").create_queue(QueueName="q")["QueueUrl"]
    assert url.endswith("/q"), url
    assert client("elbv2").describe_load_balancers()["LoadBalancers"]


def ships():
    """a function's code comes from the forwarded S3, also in more than one part"""
    s3, functions = client("s3"), client("lambda")
    filler = ("filler", os.urandom(17 << 20))
    for key, zip_file in (("small.zip", packages.function("small")), ("large.zip", packages.function("large", filler))):
        s3.put_object(Bucket="box", Key=key, Body=zip_file)
        functions.update_function_code(FunctionName="duet-local", S3Bucket="box", S3Key=key)
        answer = functions.invoke(FunctionName="duet-local", Payload=b"{}")["Payload"].read().decode()
        assert f'"mark": "{key[:5]}"' in answer, answer
    refused("InvalidParameterValueException", "NoSuchKey", functions.update_function_code, FunctionName="duet-local",
            S3Bucket="box", S3Key="none.zip")
    refused("InvalidParameterValueException", "NoSuchBucket", functions.update_function_code,
            FunctionName="duet-local", S3Bucket="none", S3Key="none.zip")
    refused("InvalidParameterValueException", "S3Key", functions.update_function_code, FunctionName="duet-local",
            S3Bucket="box")


def refuses():
    """a service that nobody has is refused with the flag to give, one that is silent by its name"""
    refused("UnknownOperationException", "--forward kms=URL", client("kms").list_keys)
    refused("InvalidAction", "--forward iam=URL", client("iam").list_users)
    refused("ServiceUnavailable", "sns=http://127.0.0.1:9: nobody", client("sns").list_topics)


for claim in (stores, queues, ships, refuses):
    check(claim)
claims.end()
