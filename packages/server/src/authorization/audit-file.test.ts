import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { compilePolicy, decide } from '@understudy/policy'
import type { RequestContext } from '@understudy/policy'
import { instant } from '../domain/brands.ts'
import { auditLine, openAuditFile } from './audit-file.ts'
import type { AuditOptions } from './audit-file.ts'
import { document } from './fixture.ts'
import type { JournalEntry } from './journal.ts'

const entry = (requestId: string, more: Partial<JournalEntry> = {}): JournalEntry => ({
  decisionId: `d-${requestId}`,
  requestId,
  at: instant(Date.UTC(2026, 10, 25)),
  service: 'sts',
  clientIp: '127.0.0.1',
  userAgent: 'test',
  questions: [],
  ...more,
})

/** Whether a process can be kept from writing more than so much, and be let again. */
const hasLimits = process.platform === 'linux' && existsSync('/bin/bash') && existsSync('/usr/bin/prlimit')

const fail = (error: unknown): never => assert.fail(String(error))

async function opened(context: TestContext, more: Partial<AuditOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-audit-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'audit.jsonl')
  const failures: unknown[] = []
  const audit = await openAuditFile({ file, onFailure: (error) => failures.push(error), ...more })
  context.after(() => audit.close())
  const lines = async (of = file) =>
    (await readFile(of, 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { requestId: string })
  return { folder, file, audit, failures, lines }
}

test('each line is one decision, in order, and is there when the promise says so', async (context) => {
  const { audit, lines, file } = await opened(context)
  await audit.write(entry('0'))
  assert.deepEqual(
    (await lines()).map(({ requestId }) => requestId),
    ['0'],
  )
  await Promise.all(Array.from({ length: 200 }, (_, at) => audit.write(entry(String(at + 1)))))
  assert.deepEqual(
    (await lines()).map(({ requestId }) => requestId),
    Array.from({ length: 201 }, (_, at) => String(at)),
  )
  assert.equal(audit.lost(), 0)
  if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600)
})

test('it goes on where an earlier run ended', async (context) => {
  const { audit, lines, file } = await opened(context)
  await audit.write(entry('one'))
  await audit.close()
  const again = await openAuditFile({ file, onFailure: fail })
  await again.write(entry('two'))
  await again.close()
  assert.deepEqual(
    (await lines()).map(({ requestId }) => requestId),
    ['one', 'two'],
  )
})

test('a full file moves on, the oldest go', async (context) => {
  const { audit, lines, file, folder } = await opened(context, { bytesMax: 1, filesMax: 2 })
  for (const name of ['one', 'two', 'three', 'four', 'five']) await audit.write(entry(name))
  assert.deepEqual((await readdir(folder)).toSorted(), ['audit.jsonl', 'audit.jsonl.1', 'audit.jsonl.2'])
  const first = async (of: string) => (await lines(of))[0]?.requestId
  assert.deepEqual([await first(file), await first(`${file}.1`), await first(`${file}.2`)], ['five', 'four', 'three'])
})

test('a file that cannot be written: told, counted, and taken up again', async (context) => {
  const { audit, failures, lines, file } = await opened(context, { bytesMax: 1, filesMax: 1 })
  await audit.write(entry('kept'))
  // The next line has to move the file, and a folder stands where it should go.
  await mkdir(join(`${file}.1`, 'in the way'), { recursive: true })
  await assert.rejects(audit.write(entry('lost')))
  assert.equal(audit.lost(), 1)
  assert.equal(failures.length, 1)
  await rm(`${file}.1`, { recursive: true })
  await audit.write(entry('after'))
  assert.deepEqual(
    (await lines()).map(({ requestId }) => requestId),
    ['after'],
  )
  assert.deepEqual(
    (await lines(`${file}.1`)).map(({ requestId }) => requestId),
    ['kept'],
  )
})

test('a line that was cut off does not spoil the next one', async (context) => {
  const { audit, file } = await opened(context)
  await audit.close()
  await writeFile(file, '{"requestId":"who')
  const again = await openAuditFile({ file, onFailure: fail })
  await again.write(entry('next'))
  await again.close()
  const text = await readFile(file, 'utf8')
  assert.match(text, /^\{"requestId":"who\n\{.*"requestId":"next"/)
})

test('a first line that a full disk cut off does not spoil the next one', { skip: !hasLimits }, async (context) => {
  const { folder } = await opened(context)
  const file = join(folder, 'new.jsonl')
  const script = `
    import { execFileSync } from 'node:child_process'
    import { openAuditFile } from ${JSON.stringify(new URL('audit-file.ts', import.meta.url).href)}
    process.on('SIGXFSZ', () => {})
    const audit = await openAuditFile({ file: ${JSON.stringify(file)}, onFailure: (error) => console.log(error.code) })
    const [long, short] = ${JSON.stringify([entry('long', { userAgent: 'x'.repeat(4096) }), entry('short')])}
    await audit.write(long).catch(() => {})
    execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited'])
    await audit.write(short)
    await audit.close()`
  // The file may have one block of 1,024 bytes until the limit is lifted.
  const limited = ['-c', 'ulimit -S -f 1; exec "$0" --input-type=module -e "$1"', process.execPath, script]
  assert.equal(execFileSync('bash', limited, { encoding: 'utf8' }), 'EFBIG\n')
  const [cut = '', whole = ''] = (await readFile(file, 'utf8')).split('\n')
  assert.equal(cut.length, 1024)
  assert.equal((JSON.parse(whole) as { requestId: string }).requestId, 'short')
})

test('a disk that does not keep up: lines are given up, not memory', async (context) => {
  const { audit } = await opened(context, { waitingMax: 10 })
  const writes = await Promise.allSettled(Array.from({ length: 50 }, (_, at) => audit.write(entry(String(at)))))
  assert.equal(writes.filter(({ status }) => status === 'fulfilled').length, 10)
  assert.equal(audit.lost(), 40)
  await audit.write(entry('later'))
})

test('a file that cannot be opened is told at once', async () => {
  await assert.rejects(openAuditFile({ file: join(tmpdir(), 'understudy-none', 'a', 'b'), onFailure: fail }))
})

const request: RequestContext = {
  principal: { kind: 'user', accountId: '111122223333', arn: 'arn:aws:iam::111122223333:user/a', userId: 'AIDA' },
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::b/k',
  resourceAccount: '111122223333',
  context: new Map([['aws:principaltag/secret', 'hidden']]),
}

test('what a line holds: who, what, the verdict and why', () => {
  const set = { identity: [{ name: 'p', policy: compilePolicy(document('No', { Effect: 'Deny' })) }] }
  const judged = { request, set, decision: decide(request, set) }
  const line = auditLine(
    entry('r', { questions: [judged], principal: 'arn:x', account: '111122223333', revision: '7' }),
  )
  assert.deepEqual(JSON.parse(JSON.stringify(line)), {
    time: '2026-11-25T00:00:00.000Z',
    decisionId: 'd-r',
    requestId: 'r',
    service: 'sts',
    principal: 'arn:x',
    account: '111122223333',
    clientIp: '127.0.0.1',
    userAgent: 'test',
    verdict: 'Deny',
    code: 'IDENTITY.EXPLICIT_DENY',
    questions: [
      { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', effect: 'Deny', reason: 'explicit-deny:identity' },
    ],
    revision: '7',
  })
})

test('a refusal before any policy has its code; details stay in the journal', () => {
  const refusal = {
    code: 'SignatureDoesNotMatch',
    status: 403,
    message: 'm',
    diagnosis: 'AUTH.SIGNATURE_MISMATCH',
    details: { a: 'detail' },
  }
  const line = auditLine(entry('r', { refusal, accessKeyId: 'AKIA' }))
  assert.equal(line['verdict'], 'Deny')
  assert.equal(line['code'], 'AUTH.SIGNATURE_MISMATCH')
  assert.equal(line['error'], 'SignatureDoesNotMatch')
  assert.ok(!JSON.stringify(line).includes('detail'))
})

test('texts of clients cannot make lines of their own', () => {
  const text = JSON.stringify(auditLine(entry('r', { userAgent: 'a"}\n{"verdict":"Allow"' })))
  assert.ok(!text.includes('\n'))
})

test('a principal whose signature did not fit is told as claimed', () => {
  const line = auditLine(entry('r', { principal: 'arn:aws:iam::111122223333:user/alice', claimed: true }))
  assert.equal(line['principal'], undefined)
  assert.equal(line['claimedPrincipal'], 'arn:aws:iam::111122223333:user/alice')
})
