/** A small service reference for the tests of this folder. */
import { readReference } from '../reference/reference.ts'

export const reference = readReference({
  updated: '2026-09-26',
  global: [
    ['aws:SourceIp', 'ip', 0],
    ['aws:PrincipalTag/*', 'string', 0],
  ],
  services: {
    s3: {
      keys: [
        ['s3:prefix', 'string', 0],
        ['s3:max-keys', 'numeric', 0],
        ['aws:RequestTag/*', 'string', 0],
      ],
      resources: [
        ['bucket', 'arn:${Partition}:s3:::${BucketName}', []],
        ['object', 'arn:${Partition}:s3:::${BucketName}/${ObjectName}', []],
      ],
      actions: [
        ['GetObject', [1], []],
        ['PutObject', [1], []],
        ['ListBucket', [0], [0, 1]],
        ['ListAllMyBuckets', [], []],
      ],
    },
    ec2: { keys: [], resources: [], actions: [['DescribeInstances', [], []]] },
    iam: {
      keys: [],
      resources: [['role', 'arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}', []]],
      actions: [['PassRole', [0], []]],
    },
    sts: {
      keys: [],
      resources: [['role', 'arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}', []]],
      actions: [
        ['AssumeRole', [0], []],
        ['AssumeRoleWithWebIdentity', [0], []],
        ['AssumeRoleWithSAML', [0], []],
        ['TagSession', [0], []],
      ],
    },
  },
})
