/** Listeners follow the rows; what may be bound; limits. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { instances } from '../entities/ec2.ts'
import { anInstance, get, INSTANCE_ID, optional, putToken, send, world } from './fixture.ts'
import type { World } from './fixture.ts'
import { startImds } from './service.ts'

const withWorld = (name: string, run: (here: World) => Promise<void>, ...args: Parameters<typeof world>) =>
  test(name, async () => {
    const here = await world(...args)
    try {
      await run(here)
    } finally {
      await here.close()
    }
  })

withWorld('an instance is listed with its real address, profile and next rotation', async (here) => {
  const [listing] = here.service.list()
  assert.ok(listing)
  assert.match(listing.address, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
  assert.partialDeepStrictEqual(listing, {
    instanceId: INSTANCE_ID,
    account: '111122223333',
    listening: true,
    profile: 'Web',
    httpTokens: 'required',
    sets: [],
  })
  assert.ok(Date.parse(listing.nextRotation) > here.clock.wire())
})

withWorld('sync starts, keeps, moves and stops listeners', async (here) => {
  const id = 'i-00000000000000002'
  const first = here.address()
  await here.put(instances, anInstance({ id }))
  await here.service.sync()
  assert.equal((await get(here.address(id), '/latest/meta-data/instance-id')).body, id)
  assert.equal(here.address(), first)
  await here.put(instances, anInstance({ id, listen: '127.0.0.2:0' }))
  await here.service.sync()
  assert.match(here.address(id), /^http:\/\/127\.0\.0\.2:/)
  await here.put(instances, anInstance({ id, listen: '127.0.0.2:0', ...optional, generation: 2 }))
  const moved = here.address(id)
  await here.service.sync()
  assert.deepEqual([here.address(id), here.service.list()[1]?.httpTokens], [moved, 'optional'])
  await here.remove(instances, id)
  await here.service.sync()
  assert.equal(here.service.list().length, 1)
  await assert.rejects(send(moved, '/'), { code: 'ECONNREFUSED' })
})

withWorld('a committed row is followed without being told', async (here) => {
  await here.put(instances, anInstance({ id: 'i-00000000000000002' }))
  await until(() => here.service.list().length === 2)
})

async function until(holds: () => boolean): Promise<void> {
  for (let round = 0; round < 200 && !holds(); round++) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.ok(holds())
}

withWorld('an address in use is a problem of that instance alone', async (here) => {
  const { port } = new URL(here.address())
  await here.put(instances, anInstance({ id: 'i-00000000000000002', listen: `127.0.0.1:${port}` }))
  await here.service.sync()
  const second = here.service.list()[1]
  assert.deepEqual([second?.listening, second?.address], [false, `http://127.0.0.1:${port}`])
  assert.match(second?.problem ?? '', /EADDRINUSE.*Something else listens there/)
  assert.ok(here.events.some(({ kind }) => kind === 'listener-failed'))
  assert.equal((await putToken(here.address(), '60')).status, 200)
})

const binds: readonly [listen: string, problem: RegExp, row?: Parameters<typeof anInstance>[0]][] = [
  ['0.0.0.0:0', /every network/],
  ['[::]:0', /every network/],
  ['0.0.0.0:0', /every network/, { reachableFrom: 'containers' }],
  ['10.1.2.3:0', /neither loopback nor link-local/],
  ['127.0.0.1', /is not an address and port/],
  ['127.0.0.1:70000', /is not an address and port/],
  ['example.com:80', /is not an address and port/],
]
for (const [at, problem, change] of binds)
  withWorld(
    `listen ${at} ${JSON.stringify(change ?? {})} is refused`,
    async (here) => {
      const [listing] = here.service.list()
      assert.equal(listing?.listening, false)
      assert.match(listing?.problem ?? '', problem)
    },
    [anInstance({ ...change, listen: at })],
  )

withWorld(
  'a wildcard address only by its own setting',
  async (here) => assert.equal(here.service.list()[0]?.listening, true),
  [anInstance({ listen: '0.0.0.0:0' })],
  { wildcardBind: true },
)

withWorld('IPv6 loopback', async (here) => assert.match(here.address(), /^http:\/\/\[::1\]:\d+$/), [
  anInstance({ listen: '[::1]:0' }),
])

withWorld(
  'above the rate: 429 with an empty body, for this instance alone',
  async (here) => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => send(here.address(), '/')))
    const limited = replies.filter(({ status }) => status === 429)
    assert.ok(limited.length >= 10 && limited.length <= 16, `${limited.length}`)
    assert.equal(limited[0]?.body, '')
    assert.equal((await send(here.address('i-00000000000000002'), '/')).status, 401)
  },
  [anInstance(), anInstance({ id: 'i-00000000000000002' })],
  { requestsPerSecond: 3 },
)

withWorld(
  'connections above the cap are closed',
  async (here) => {
    const { hostname, port } = new URL(here.address())
    const open = () =>
      new Promise<string>((resolve) => {
        const socket = connect({ host: hostname, port: Number(port) })
        socket.on('close', () => resolve('closed'))
        socket.on('error', () => resolve('closed'))
        setTimeout(() => resolve('open'), 300).unref()
        sockets.push(socket)
      })
    const sockets: ReturnType<typeof connect>[] = []
    const states = await Promise.all([open(), open(), open(), open()])
    for (const socket of sockets) socket.destroy()
    assert.deepEqual(states.toSorted(), ['closed', 'closed', 'open', 'open'])
  },
  [anInstance()],
  { connectionsMax: 2 },
)

withWorld(
  'names of one’s own are accepted in Host',
  async (here) => {
    const sent = { headers: { Host: 'Metadata.Test:80' } }
    assert.equal((await send(here.address(), '/', sent)).status, 401)
  },
  [anInstance()],
  { hostNames: ['metadata.test'] },
)

withWorld('closing frees the address, and nothing follows the rows any more', async (here) => {
  const node = await here.anotherNode()
  const address = node.list()[0]?.address ?? ''
  await node.close()
  await assert.rejects(send(address, '/'), { code: 'ECONNREFUSED' })
  await node.sync()
  assert.deepEqual(node.list(), [])
})

withWorld('a key of another size is refused at start', async (here) => {
  await assert.rejects(startImds({ ...here.parts, tokenKey: Buffer.alloc(16) }), /`tokenKey` must have 32 bytes/)
  await assert.rejects(startImds({ ...here.parts, settings: { lifetimeSeconds: 3600 } }), RangeError)
})

withWorld('a token of one node is good at another; one of another key is not', async (here) => {
  const node = await here.anotherNode()
  const stranger = await startImds({ ...here.parts, tokenKey: Buffer.alloc(32, 1) })
  const { body } = await putToken(here.address(), '60')
  const sent = { headers: { 'X-aws-ec2-metadata-token': body } }
  assert.equal((await send(node.list()[0]?.address ?? '', '/latest/meta-data/', sent)).status, 200)
  assert.equal((await send(stranger.list()[0]?.address ?? '', '/latest/meta-data/', sent)).status, 401)
  await Promise.all([node.close(), stranger.close()])
})

withWorld(
  'an address of another machine is explained',
  async (here) => assert.match(here.service.list()[0]?.problem ?? '', /EADDRNOTAVAIL.*does not have that address/),
  [anInstance({ listen: '169.254.7.7:0' })],
)
