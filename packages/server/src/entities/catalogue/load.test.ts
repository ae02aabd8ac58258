import assert from 'node:assert/strict'
import test from 'node:test'
import { accountInside } from '../../domain/identifiers.ts'
import { loadManagedPolicyCatalogue } from './load.ts'

const catalogue = loadManagedPolicyCatalogue()

const paths: readonly [arn: string, path: string, name: string][] = [
  ['arn:aws:iam::aws:policy/AdministratorAccess', '/', 'AdministratorAccess'],
  ['arn:aws:iam::aws:policy/ReadOnlyAccess', '/', 'ReadOnlyAccess'],
  ['arn:aws:iam::aws:policy/job-function/ViewOnlyAccess', '/job-function/', 'ViewOnlyAccess'],
  ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole', '/service-role/', 'AWSLambdaBasicExecutionRole'],
]
for (const [arn, path, name] of paths)
  test(`${name} is in the catalogue`, () => {
    const policy = catalogue.get(arn)
    assert.deepEqual([policy?.arn, policy?.path, policy?.name], [arn, path, name])
    assert.match(policy?.id ?? '', /^ANPA[A-Z2-7]{17}$/)
  })

test('an ARN that AWS does not have is not found', () => {
  assert.equal(catalogue.get('arn:aws:iam::aws:policy/Nope'), undefined)
  assert.equal(catalogue.get('__proto__'), undefined)
})

test('AdministratorAccess allows everything', () => {
  const text = catalogue.get('arn:aws:iam::aws:policy/AdministratorAccess')?.text ?? ''
  assert.deepEqual(JSON.parse(text).Statement, [{ Effect: 'Allow', Action: '*', Resource: '*' }])
})

test('all policies stand in order, with ids of their own that carry no account, and documents that are JSON', () => {
  const all = catalogue.all()
  assert.ok(all.length > 1400, `${all.length} policies`)
  assert.deepEqual(
    all.map((policy) => policy.arn),
    all.map((policy) => policy.arn).sort(),
  )
  assert.equal(new Set(all.map((policy) => policy.id)).size, all.length)
  for (const policy of all) {
    assert.equal(accountInside(policy.id), undefined)
    assert.ok(policy.updatedAt >= policy.createdAt, policy.arn)
    assert.ok(JSON.parse(policy.text).Statement, policy.arn)
  }
})

test('a file that is missing is an error when it is first asked for, not when the catalogue is made', () => {
  const broken = loadManagedPolicyCatalogue(new URL('./no-such-file.br', import.meta.url))
  assert.throws(() => broken.get('arn:aws:iam::aws:policy/AdministratorAccess'), { code: 'ENOENT' })
})
