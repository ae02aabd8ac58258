/** Addresses by kind: one line each. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressKind, isFetchable } from './addresses.ts'
import type { AddressKind } from './addresses.ts'

const cases: readonly (readonly [address: string, kind: AddressKind])[] = [
  ['8.8.8.8', 'public'],
  ['172.15.255.255', 'public'],
  ['172.32.0.0', 'public'],
  ['2606:4700:4700::1111', 'public'],
  ['127.0.0.1', 'private'],
  ['127.255.255.254', 'private'],
  ['10.0.0.1', 'private'],
  ['172.16.0.1', 'private'],
  ['192.168.1.1', 'private'],
  ['::1', 'private'],
  ['fc00::1', 'private'],
  ['fdff::1', 'private'],
  ['169.254.169.254', 'metadata'],
  ['169.254.170.2', 'metadata'],
  ['169.254.0.1', 'metadata'],
  ['100.100.100.200', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['192.0.0.192', 'metadata'],
  ['fd00:ec2::254', 'metadata'],
  ['fd20:ce::254', 'metadata'],
  ['fe80::1', 'metadata'],
  ['fe80::1%eth0', 'metadata'],
  ['::ffff:169.254.169.254', 'metadata'],
  ['::ffff:a9fe:a9fe', 'metadata'],
  ['64:ff9b::a9fe:a9fe', 'metadata'],
  ['2002:a9fe:a9fe::1', 'metadata'],
  ['::ffff:127.0.0.1', 'private'],
  ['2002:7f00:1::', 'private'],
  ['::127.0.0.1', 'private'],
  ['64:ff9b::808:808', 'public'],
  ['0.0.0.0', 'special'],
  ['100.64.0.1', 'special'],
  ['192.0.2.1', 'special'],
  ['198.18.0.1', 'special'],
  ['224.0.0.1', 'special'],
  ['255.255.255.255', 'special'],
  ['::', 'special'],
  ['2001:db8::1', 'special'],
  ['2001::1', 'special'],
  ['ff02::1', 'special'],
  ['100::1', 'special'],
  ['localhost', 'special'],
  ['0x7f.1', 'special'],
  ['', 'special'],
]
for (const [address, kind] of cases)
  test(`${address || 'nothing'} is ${kind}`, () => {
    assert.equal(addressKind(address), kind)
    assert.equal(isFetchable(address, false), kind === 'public')
    assert.equal(isFetchable(address, true), kind === 'public' || kind === 'private')
  })
