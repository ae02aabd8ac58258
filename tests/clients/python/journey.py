"""The journey with boto3 and the AWS CLI. Started by tests/clients/python.test.ts, which has started a server."""

import json
import os
import subprocess
import sys
import unittest

import boto3
from botocore.config import Config
from botocore.credentials import InstanceMetadataFetcher, InstanceMetadataProvider
from botocore.exceptions import ClientError

AWS = os.environ["UNDERSTUDY_TEST_AWS"]
METADATA = os.environ["UNDERSTUDY_TEST_METADATA"]
ROLE = "arn:aws:iam::111122223333:role/apps/Reader"
REPORT = b"quarter,revenue\n1,42\n"
BOB = ("AKIAQEXAMPLEBOBSKEYB", "only-for-tests-bob")
PARTNER = ("AKIAQEXAMPLEPARTNERB", "only-for-tests-partner")
COMPANY = ("AKIAQEXAMPLECOMPANYA", "only-for-tests-company")


def client(service, keys, token=None):
    return boto3.client(
        service,
        endpoint_url=AWS,
        region_name="eu-central-1",
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        aws_session_token=token,
        config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def session_client(service, credentials):
    keys = (credentials["AccessKeyId"], credentials["SecretAccessKey"])
    return client(service, keys, credentials["SessionToken"])


def understudy(*words):
    command = [os.environ["UNDERSTUDY_TEST_NODE"], os.environ["UNDERSTUDY_TEST_BIN"], *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def document(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def aws(*words, keys=BOB, token=None):
    """Runs the AWS CLI as a user's shell would."""
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": AWS,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": keys[0],
        "AWS_SECRET_ACCESS_KEY": keys[1],
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if token is not None:
        environment["AWS_SESSION_TOKEN"] = token
    return subprocess.run(["aws", *words], capture_output=True, text=True, env=environment)


class Journey(unittest.TestCase):
    def refused(self, work, code):
        with self.assertRaises(ClientError) as caught:
            work()
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        request = caught.exception.response["ResponseMetadata"]["RequestId"]
        return json.loads(understudy("why", request, "--json"))

    def assume(self, **more):
        answer = client("sts", BOB).assume_role(RoleArn=ROLE, RoleSessionName="python", **more)
        return answer["Credentials"]

    def allow_bob(self):
        allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE}
        client("iam", PARTNER).put_user_policy(UserName="bob", PolicyName="assume", PolicyDocument=document(allow))

    def test_1_both_sides_must_say_yes(self):
        why = self.refused(self.assume, "AccessDenied")
        self.assertEqual(why["code"], "ASSUME.CALLER_NOT_ALLOWED")
        self.allow_bob()
        identity = session_client("sts", self.assume()).get_caller_identity()
        self.assertEqual(identity["Arn"], "arn:aws:sts::111122223333:assumed-role/Reader/python")

    def test_2_the_session_reads_and_cannot_write(self):
        self.allow_bob()
        s3 = session_client("s3", self.assume())
        self.assertEqual(s3.get_object(Bucket="reports", Key="2026/q1.csv")["Body"].read(), REPORT)
        self.refused(lambda: s3.put_object(Bucket="reports", Key="2026/q1.csv", Body=b"x"), "AccessDenied")
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "reports", "Key": "2026/q1.csv"})
        fetched = subprocess.run([sys.executable, "-c", FETCH, url], check=True, capture_output=True)
        self.assertEqual(fetched.stdout, REPORT)

    def test_3_instance_metadata(self):
        fetcher = InstanceMetadataFetcher(timeout=2, num_attempts=1, base_url=METADATA + "/")
        before = InstanceMetadataProvider(fetcher).load().get_frozen_credentials()
        s3 = client("s3", (before.access_key, before.secret_key), before.token)
        self.assertEqual(s3.get_object(Bucket="reports", Key="2026/q1.csv")["Body"].read(), REPORT)
        understudy("clock", "advance", "65m")
        after = InstanceMetadataProvider(fetcher).load().get_frozen_credentials()
        self.assertNotEqual(before.access_key, after.access_key)
        self.assertEqual(s3.get_object(Bucket="reports", Key="2026/q1.csv")["Body"].read(), REPORT)

    def test_4_the_cli(self):
        self.allow_bob()
        identity = aws("sts", "get-caller-identity", "--output", "json")
        self.assertEqual(json.loads(identity.stdout)["Arn"], "arn:aws:iam::444455556666:user/bob", identity.stderr)
        assumed = aws("sts", "assume-role", "--role-arn", ROLE, "--role-session-name", "cli", "--output", "json")
        session = json.loads(assumed.stdout)["Credentials"]
        keys = (session["AccessKeyId"], session["SecretAccessKey"])
        listing = aws("s3", "ls", "s3://reports/2026/", keys=keys, token=session["SessionToken"])
        self.assertIn("q1.csv", listing.stdout, listing.stderr)
        copied = aws("s3", "cp", "s3://reports/2026/q1.csv", "-", keys=keys, token=session["SessionToken"])
        self.assertEqual(copied.stdout.encode(), REPORT, copied.stderr)
        denied = aws("s3", "cp", "-", "s3://reports/new", keys=keys, token=session["SessionToken"])
        self.assertNotEqual(denied.returncode, 0)
        self.assertIn("AccessDenied", denied.stderr)
        presigned = aws("s3", "presign", "s3://reports/2026/q1.csv", "--region", "us-east-1", keys=keys, token=session["SessionToken"])
        fetched = subprocess.run([sys.executable, "-c", FETCH, presigned.stdout.strip()], check=True, capture_output=True)
        self.assertEqual(fetched.stdout, REPORT)

    def test_5_decode_authorization_message(self):
        message = understudy("why", "refusal", "--encoded").strip()
        decoded = aws("sts", "decode-authorization-message", "--encoded-message", message, "--output", "json", keys=COMPANY)
        self.assertEqual(decoded.returncode, 0, decoded.stderr)
        self.assertFalse(json.loads(json.loads(decoded.stdout)["DecodedMessage"])["allowed"])

    def test_6_profiles_chain(self):
        """`role_arn` and `source_profile`, as people write them."""
        self.allow_bob()
        folder = os.environ["UNDERSTUDY_TEST_FOLDER"]
        config = os.path.join(folder, "config")
        with open(config, "w", encoding="utf8") as file:
            file.write(f"[profile bob]\naws_access_key_id={BOB[0]}\naws_secret_access_key={BOB[1]}\nregion=eu-central-1\n")
            file.write(f"[profile reader]\nrole_arn={ROLE}\nsource_profile=bob\nrole_session_name=chained\nregion=eu-central-1\n")
        environment = {**os.environ, "HOME": folder, "AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": config + "-none", "AWS_ENDPOINT_URL": AWS}
        run = subprocess.run(["aws", "sts", "get-caller-identity", "--profile", "reader", "--output", "json"], capture_output=True, text=True, env=environment)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(json.loads(run.stdout)["Arn"], "arn:aws:sts::111122223333:assumed-role/Reader/chained")


FETCH = "import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())"

if __name__ == "__main__":
    unittest.main(verbosity=1)
