/** What strangers may cost: nobody has proved who he is, so no request may keep the server busy. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { outcome, say } from '../faults/socket.ts'
import { openWorld } from '../support/world.ts'
import type { World } from '../support/world.ts'

let world: World
before(async () => {
  world = await openWorld()
  await world.account('111122223333')
  // What is loaded at first use is not the stranger's cost.
  for (const head of [GET(''), POST('Action=AssumeRole&Version=2011-06-15')]) await say(world.endpoint, head)
})
after(() => world.close())

const fill = (text: string, bytes: number): string => text.repeat(Math.floor(bytes / text.length))
const END = 'Host: localhost\r\nConnection: close\r\n'
const GET = (line: string, target = '/bucket/key'): string => `GET ${target} HTTP/1.1\r\n${END}${line}\r\n`
const POST = (form: string): string =>
  `POST / HTTP/1.1\r\n${END}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`
const SIGNED = 'Authorization: AWS4-HMAC-SHA256 '
const DATE = '\r\nX-Amz-Date: 20260101T000000Z\r\n'

const strangers: readonly (readonly [name: string, bytes: () => string])[] = [
  ['credentials over and over', () => GET(`${SIGNED}${fill('Credential=', 30_000)}\r\n`)],
  ['a long credential', () => GET(`${SIGNED}Credential=${fill('a', 30_000)}\r\n`)],
  ['slashes', () => GET(`${SIGNED}Credential=${fill('a/', 30_000)}\r\n`)],
  [
    'many signed headers',
    () =>
      GET(
        `${SIGNED}Credential=A/20260101/us-east-1/s3/aws4_request, SignedHeaders=${fill('a;', 28_000)}, Signature=0${DATE}`,
      ),
  ],
  [
    'a token that is none',
    () =>
      GET(
        `${SIGNED}Credential=ASIAQNZGKIQY56JQ7WML/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0${DATE}X-Amz-Security-Token: ${fill('AAAA', 20_000)}\r\n`,
      ),
  ],
  ['credentials in the query', () => GET('', `/?${fill('X-Amz-Credential=a&', 30_000)}`)],
  ['parameters', () => GET('', `/bucket?${fill('a&', 30_000)}`)],
  ['a deep path', () => GET('', `/${fill('a/', 30_000)}`)],
  ['percent signs', () => GET('', `/${fill('%2e', 30_000)}`)],
  [
    'a form of one parameter, many times',
    () => POST(`Action=AssumeRole&Version=2011-06-15&${fill('Tags.member.1.Key=a&', 150_000)}`),
  ],
  ['a form of long names', () => POST(`Action=AssumeRole&Version=2011-06-15&${fill('Tags.member.1.', 500_000)}=a`)],
  [
    'a form of a long list',
    () =>
      POST(
        `Action=AssumeRole&Version=2011-06-15${Array.from({ length: 8000 }, (_, at) => `&Tags.member.${at + 1}.Key=k`).join('')}`,
      ),
  ],
]

/** Milliseconds of the cheapest of three: quadratic work costs far more, whatever else the machine does. */
const MILLISECONDS_MAX = 50
for (const [name, bytes] of strangers)
  test(`cost of ${name}`, async () => {
    const given = bytes()
    const costs: number[] = []
    for (let round = 0; round < 3; round++) {
      const started = process.cpuUsage()
      assert.match(outcome(await say(world.endpoint, given)), /^[34]\d\d/)
      costs.push(Math.round(process.cpuUsage(started).user / 1000))
    }
    assert.ok(Math.min(...costs) < MILLISECONDS_MAX, `${costs.join(', ')} ms`)
  })
