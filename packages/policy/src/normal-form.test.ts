import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketPolicyNormalForm, trustNormalForm } from './normal-form.ts'

test('a trust policy comes back in order, compact, without lists of one', () => {
  const sent = `{ "Statement": { "Action": ["sts:AssumeRole"], "Principal": {"Service": ["ec2.amazonaws.com"]}, "Effect": "Allow" },
    "Version": "2012-10-17" }`
  assert.equal(
    trustNormalForm(sent),
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
  )
})

test('a bucket policy comes back with texts for booleans and root ARNs for accounts', () => {
  const sent = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Principal: { AWS: ['111122223333', '444455556666'] },
        Action: ['s3:GetObject'],
        Resource: 'arn:aws:s3:::b/*',
        Condition: { Bool: { 'aws:SecureTransport': false }, NumericLessThan: { 's3:max-keys': [10] } },
      },
    ],
  })
  assert.deepEqual(JSON.parse(bucketPolicyNormalForm(sent)), {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Principal: { AWS: ['arn:aws:iam::111122223333:root', 'arn:aws:iam::444455556666:root'] },
        Action: 's3:GetObject',
        Resource: 'arn:aws:s3:::b/*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' }, NumericLessThan: { 's3:max-keys': '10' } },
      },
    ],
  })
})

test('the normal form is its own normal form, and keeps an empty Sid', () => {
  const once = trustNormalForm('{"Statement":[{"Sid":"","Effect":"Allow","Principal":"*","Action":["a:b","a:c"]}]}')
  assert.equal(
    once,
    '{"Version":"2008-10-17","Statement":[{"Sid":"","Effect":"Allow","Principal":"*","Action":["a:b","a:c"]}]}',
  )
  assert.equal(trustNormalForm(once), once)
})

test('what is no document is an Error', () => assert.throws(() => trustNormalForm('[]'), /policy document/))
