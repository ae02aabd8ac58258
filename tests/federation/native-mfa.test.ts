/** Where each record of native/mfa is held: here, in a test of that title in another file, or as a divergence with its reason. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CreateVirtualMFADeviceCommand, EnableMFADeviceCommand, GetMFADeviceCommand } from '@aws-sdk/client-iam'
import { outcome } from '../iam/client.ts'
import { everyRecord, nativeRecords } from '../sts/native-records.ts'
import type { NativeRecord } from '../sts/native-records.ts'
import {
  NO_PAIR,
  UNABLE,
  WRONG,
  admin,
  device,
  enable,
  freshPeriod,
  holder,
  iam,
  login,
  person,
  resync,
  step,
  world,
} from './mfa-stage.ts'

const records = nativeRecords('native/mfa/')
const skip = records.length === 0 ? 'the recordings are not beside this checkout' : false
const name = ({ id }: NativeRecord) => id.slice('native/mfa/'.length)

const DIVERGENCES: ReadonlyMap<string, string> = new Map([
  ['propagation/enable', 'ours is consistent: STS sees an enabled device at once'],
  ['propagation/deactivate', 'ours is consistent: STS sees a deactivated device at once'],
])

/** File → title of a test → records that it holds. */
const ELSEWHERE: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  './mfa.test.ts': {
    'device: create, again, delete while assigned, get': [
      'device/create-again',
      'device/resync-unassigned',
      'device/enable-same-code-twice',
      'device/enable-reversed',
      'device/enable',
      'device/enable-again',
      'device/enable-for-another',
      'device/delete-assigned',
      'device/delete-user',
      'device/reassign-old-codes',
    ],
    'window, reuse, resync keep to the recordings': [
      'window/step-3',
      'window/step-2',
      'window/step+2',
      'window/step+3',
      'reuse/interleaved',
      'resync/pair-after-use',
      'resync/pair-overlaps',
      'resync/pair-after',
      'resync/keeps-spent-codes',
    ],
    'codes that enabled a device may be shown at STS, and an earlier unused code after a later one': [
      'reuse/earlier-after-later',
      'reuse/bootstrap-codes',
    ],
    "one's own devices beyond the first take a session with MFA": [
      'self/first-device',
      'self/second-device',
      'self/same-device-again',
      'self/deactivate',
      'self/deactivate-missing',
      'self/other-user',
      'self/second-device-with-mfa',
      'self/deactivate-with-mfa',
      'self/enroll-again',
      'propagation/issued-sessions',
    ],
    'nine tries in three minutes of UTC': [
      'attempts/ninth',
      'attempts/right-code-after',
      'attempts/other-device',
      'attempts/next-window',
      'attempts/device-replaced',
    ],
    'tries at the same time are counted one by one': ['attempts/kinds'],
  },
}

const HERE: ReadonlyMap<string, (record: NativeRecord) => Promise<void>> = new Map([
  ['device/create', created],
  ['device/get-virtual', virtual],
  ['reuse/window-does-not-move', edges],
  ['resync/search', search],
  ['self/resync', ownResync],
  ['attempts/after-30-seconds', halfAMinute],
])

for (const record of records.filter((each) => HERE.has(name(each))))
  test(record.id, { skip }, async () => {
    freshPeriod()
    await HERE.get(name(record))?.(record)
  })

test('the tests that hold records elsewhere are there', () => {
  for (const [file, titles] of Object.entries(ELSEWHERE)) {
    const source = readFileSync(new URL(file, import.meta.url), 'utf8')
    for (const title of Object.keys(titles))
      assert.ok(source.includes(`test('${title}'`) || source.includes(`test("${title}"`), title)
  }
})

everyRecord(
  'native/mfa/',
  [
    ...HERE.keys(),
    ...DIVERGENCES.keys(),
    ...Object.values(ELSEWHERE).flatMap((titles) => Object.values(titles).flat()),
  ].map((each) => `native/mfa/${each}`),
)

async function created({ answer: expected }: NativeRecord): Promise<void> {
  const make = (VirtualMFADeviceName: string, Tags?: { Key: string; Value: string }[]) =>
    admin.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName, Path: '/devices/', Tags }))
  const tagged = await make('phone', [{ Key: 'owner', Value: 'probe' }])
  assert.deepEqual(Object.keys(tagged.VirtualMFADevice ?? {}).toSorted(), expected['members'])
  assert.match(tagged.VirtualMFADevice?.SerialNumber ?? '', /:mfa\/devices\/phone$/)
  const plain = await make('other')
  assert.equal(plain.VirtualMFADevice?.Tags, undefined)
}

async function virtual({ answer: expected }: NativeRecord): Promise<void> {
  const { who, phone } = await holder()
  const asked = new GetMFADeviceCommand({ SerialNumber: phone.serial, UserName: who.name })
  assert.equal(await outcome(admin.send(asked)), `${String(expected['code'])}: ${String(expected['message'])}`)
}

async function edges(): Promise<void> {
  for (const [first, second] of [
    [-2, 2],
    [2, -2],
  ] as const) {
    const { who, phone } = await holder()
    const now = step()
    assert.equal(await login(who, phone, phone.code(now + first)), 'ok')
    assert.equal(await login(who, phone, phone.code(now + second)), 'ok')
    assert.equal(await login(who, phone, phone.code(now + 3)), WRONG)
  }
}

/** The second code of the pair lies 998 steps behind to 1,000 ahead. */
async function search(): Promise<void> {
  for (const [offset, want] of [
    [-999, NO_PAIR],
    [-998, 'ok'],
    [1000, 'ok'],
    [1001, NO_PAIR],
  ] as const) {
    const who = await person()
    assert.equal(await enable(admin, who, await device(), step() + offset), want, `${offset} steps`)
  }
}

async function ownResync(): Promise<void> {
  const who = await person({ Effect: 'Allow', Action: 'iam:*', Resource: '*' })
  const phone = await device()
  const own = iam(who)
  assert.equal(await enable(own, who, phone), 'ok')
  assert.equal(await resync(who, phone, step() + 3, own), 'ok')
  const again = new EnableMFADeviceCommand({
    UserName: who.name,
    SerialNumber: phone.serial,
    AuthenticationCode1: '000000',
    AuthenticationCode2: '000001',
  })
  assert.match(await outcome(own.send(again)), /^AccessDenied/)
}

async function halfAMinute(): Promise<void> {
  const { who, phone } = await holder()
  for (let index = 1; index <= 9; index++) assert.equal(await login(who, phone, phone.code(step() - 50)), WRONG)
  world.core.clock.advance(30_000)
  assert.equal(await login(who, phone, phone.code(step())), UNABLE)
}
