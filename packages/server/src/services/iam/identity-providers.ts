/** What OpenID Connect and SAML providers have in common: calls name them by ARN, and they carry tags. */
import type { Iam } from '@understudy/wire'
import type { Ask } from '../../authorization/question.ts'
import { parseIamArn } from '../../domain/arn.ts'
import { accountId } from '../../domain/brands.ts'
import type { Tag } from '../../entities/iam.ts'
import { invalidInput, noSuchEntity } from '../../errors/catalogue.ts'
import type { Kind, Reader } from '../../store/port.ts'
import type { Call, ReadRow, WriteRow } from '../operation.ts'
import { resourceTagKeys } from './names.ts'
import type { Context } from './names.ts'
import { pageOf } from './paging.ts'
import type { PageInput } from './paging.ts'
import { requestTagKeys, tagKeys, wireTags, withoutTags, withTags } from './tag-rules.ts'

export interface ProviderFamily<Row extends { readonly tags: readonly Tag[] }, Named> {
  readonly kind: Kind<Row>
  /** What stands in the ARN in front of the row's key: `oidc-provider/`. */
  readonly prefix: string
  readonly arnOf: (input: Named) => string
  /** Text of NoSuchEntity. */
  readonly missing: (arn: string) => string
}

type Tagged = { readonly tags: readonly Tag[] }

/** The key of the row that an ARN names; `undefined` for the ARN of another account's provider. @throws AwsError for no ARN */
export function providerKey<Row extends Tagged, Named>(
  { prefix, arnOf }: ProviderFamily<Row, Named>,
  input: Named,
  call: Call,
): string | undefined {
  const text = arnOf(input)
  const arn = parseIamArn(text)
  if (!arn?.resource.startsWith(prefix) || accountId(arn.account) === undefined)
    throw invalidInput(`ARN ${text} is not valid.`)
  return arn.account === call.account ? arn.resource.slice(prefix.length) : undefined
}

async function found<Row extends Tagged, Named>(
  family: ProviderFamily<Row, Named>,
  input: Named,
  call: Call,
  store: Reader,
): Promise<Row | undefined> {
  const key = providerKey(family, input, call)
  return key === undefined ? undefined : store.get(family.kind, call.account, key)
}

/** @throws AwsError NoSuchEntity */
export async function existingProvider<Row extends Tagged, Named>(
  family: ProviderFamily<Row, Named>,
  input: Named,
  call: Call,
  store: Reader,
): Promise<Row> {
  const row = await found(family, input, call, store)
  if (row === undefined) throw noSuchEntity(family.missing(family.arnOf(input)))
  return row
}

export function askOnProvider<Row extends Tagged, Named>(
  family: ProviderFamily<Row, Named>,
  action: string,
): (input: Named, call: Call, store: Reader) => Promise<readonly [Ask]> {
  return (input, call, store) => question(family, action, input, {}, call, store)
}

async function question<Row extends Tagged, Named>(
  family: ProviderFamily<Row, Named>,
  action: string,
  input: Named,
  more: Context,
  call: Call,
  store: Reader,
): Promise<readonly [Ask]> {
  const row = await found(family, input, call, store)
  return [{ action, resource: family.arnOf(input), context: { ...resourceTagKeys(row?.tags, false), ...more } }]
}

type Nothing = Readonly<Record<string, never>>

export const tagProvider = <Row extends Tagged, Named>(
  family: ProviderFamily<Row, Named>,
  action: string,
): WriteRow<Named & { readonly Tags: readonly Iam.Tag[] }, Nothing> => ({
  access: 'write',
  ask: (input, call, store) => question(family, action, input, requestTagKeys(input.Tags), call, store),
  handle: async (input, call, store) => {
    const row = await existingProvider(family, input, call, store)
    await store.put(family.kind, call.account, { ...row, tags: withTags(row.tags, input.Tags, 'exact') })
    return {}
  },
})

export const untagProvider = <Row extends Tagged, Named>(
  family: ProviderFamily<Row, Named>,
  action: string,
): WriteRow<Named & { readonly TagKeys: readonly string[] }, Nothing> => ({
  access: 'write',
  ask: (input, call, store) => question(family, action, input, tagKeys(input.TagKeys), call, store),
  handle: async (input, call, store) => {
    const row = await existingProvider(family, input, call, store)
    await store.put(family.kind, call.account, { ...row, tags: withoutTags(row.tags, input.TagKeys, 'exact') })
    return {}
  },
})

/** @param operation its name; a marker of one operation and provider is good for no other */
export const listProviderTags = <Row extends Tagged, Named>(
  family: ProviderFamily<Row, Named>,
  operation: string,
): ReadRow<
  Named & PageInput,
  { readonly Tags: readonly Iam.Tag[]; readonly IsTruncated: boolean; readonly Marker?: string }
> => ({
  access: 'read',
  ask: askOnProvider(family, `iam:${operation}`),
  handle: async (input, call, store) => {
    const row = await existingProvider(family, input, call, store)
    const page = pageOf(row.tags, (tag) => tag.key, input, [operation, call.account, family.kind.key(row)])
    return { Tags: wireTags(page.items), ...page.more }
  },
})
