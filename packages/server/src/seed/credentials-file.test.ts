/** The credentials file: which profiles it has, whose keys, and who may read it. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { accessKeys, users } from '../entities/iam.ts'
import { createAccount } from './apply.ts'
import { writeCredentialsFile } from './credentials-file.ts'
import { emptyWorld } from './fixture.ts'

async function folderOf(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-credentials-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const profilesOf = (text: string): readonly string[] => [...text.matchAll(/^\[(.*)\]$/gm)].map(([, name = '']) => name)

test('the first account is the default, also when others with smaller ids come in the same second', async (context) => {
  const { store, parts, apply } = await emptyWorld(context)
  const file = join(await folderOf(context), 'credentials')
  const first = await createAccount(store, parts, { id: '999988887777', name: 'main' })
  await apply('accounts: [{ id: "222233334444", name: b }, { id: "111122223333", name: a }]')
  await writeCredentialsFile(file, store, parts.vault)
  const text = await readFile(file, 'utf8')
  assert.deepEqual(profilesOf(text), ['default', '999988887777', 'main', '222233334444', 'b', '111122223333', 'a'])
  assert.match(text, new RegExp(`\\[default\\]\naws_access_key_id = ${first.accessKeyId}\n`))
})

test(
  'it is replaced as a whole, readable by its owner alone',
  { skip: process.platform === 'win32' },
  async (context) => {
    const { store, parts } = await emptyWorld(context)
    const folder = await folderOf(context)
    const file = join(folder, 'credentials')
    await writeFile(file, 'old', { mode: 0o644 })
    await writeFile(`${file}.new`, 'left by a crash')
    await createAccount(store, parts, {})
    await writeCredentialsFile(file, store, parts.vault)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.doesNotMatch(await readFile(file, 'utf8'), /old|crash/)
    assert.deepEqual(await readdir(folder), ['credentials'])
  },
)

test('no administrator, no active key, a name that would break the file: no profile', async (context) => {
  const { store, parts, apply } = await emptyWorld(context)
  const file = join(await folderOf(context), 'credentials')
  await apply(
    'accounts: [{ id: "111122223333", administrator: false }, { id: "222233334444", name: "a]b" }, { id: "333344445555" }]',
  )
  await store.write(['333344445555'], async (writer) => {
    const administrator = await writer.get(users, '333344445555', 'administrator')
    const [key] = await writer.find(accessKeys, '333344445555', 'owner', administrator?.id ?? '')
    if (key !== undefined) await writer.put(accessKeys, '333344445555', { ...key, status: 'Inactive' as const })
  })
  await writeCredentialsFile(file, store, parts.vault)
  assert.deepEqual(profilesOf(await readFile(file, 'utf8')), ['default', '222233334444'])
})
