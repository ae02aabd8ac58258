/** SAML providers: whose assertions the account takes. Texts are AWS's, recorded in 2025 and 2026. */
import { createPrivateKey } from 'node:crypto'
import type { Iam, IamOperations } from '@understudy/wire'
import type { Ask } from '../../authorization/question.ts'
import { parseIamArn, samlProviderArn } from '../../domain/arn.ts'
import { accountId, dateOf } from '../../domain/brands.ts'
import type { Instant } from '../../domain/brands.ts'
import { samlKeySealOwner, samlProviders } from '../../entities/saml.ts'
import type { SamlPrivateKey, SamlProvider } from '../../entities/saml.ts'
import {
  entityAlreadyExists,
  invalidInput,
  limitExceeded,
  noSuchEntity,
  validationError,
} from '../../errors/catalogue.ts'
import { samlId } from '../../federation/saml/identifiers.ts'
import { readMetadata } from '../../federation/saml/metadata.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { resourceTagKeys } from './names.ts'
import type { Context } from './names.ts'
import { pageOf } from './paging.ts'
import { newTags, requestTagKeys, tagKeys, wireTags, withoutTags, withTags } from './tag-rules.ts'

const PROVIDERS_MAX = 100
const KEYS_MAX = 2
const PREFIX = 'saml-provider/'

interface Named {
  readonly SAMLProviderArn: string
}

export const samlProviderOperations = {
  CreateSAMLProvider: {
    access: 'write',
    ask: (input, call) => {
      const resource = samlProviderArn(call.account, input.Name)
      const context = requestTagKeys(input.Tags)
      const create = { action: 'iam:CreateSAMLProvider', resource, context }
      return input.Tags?.length ? [create, { action: 'iam:TagSAMLProvider', resource, context }] : [create]
    },
    handle: async (input, call, store) => {
      checkMetadata(input.SAMLMetadataDocument)
      const privateKeys = input.AddPrivateKey === undefined ? [] : [sealedKey(input.AddPrivateKey, call)]
      const encryption = input.AssertionEncryptionMode ?? 'Allowed'
      requireKeyFor(encryption, privateKeys)
      const row: SamlProvider = {
        name: input.Name,
        uuid: samlId('SAMLSP', call.platform.chance),
        metadata: input.SAMLMetadataDocument,
        createdAt: call.now,
        encryption,
        privateKeys,
        tags: newTags(input.Tags, 'exact'),
      }
      if ((await store.list(samlProviders, call.account)).length >= PROVIDERS_MAX)
        throw limitExceeded(`Cannot exceed quota for SAMLProvidersPerAccount: ${PROVIDERS_MAX}`)
      // AWS's text for a second provider of a name is known from reports only.
      if ((await store.insert(samlProviders, call.account, row)) === 'exists')
        throw entityAlreadyExists(`Provider with name ${input.Name} already exists.`)
      return {
        SAMLProviderArn: samlProviderArn(call.account, row.name),
        ...(row.tags.length === 0 ? {} : { Tags: wireTags(row.tags) }),
      }
    },
  },
  GetSAMLProvider: {
    access: 'read',
    ask: askOnProvider('iam:GetSAMLProvider'),
    handle: async (input, call, store) => {
      const row = await existing(input, call, store)
      return {
        SAMLProviderUUID: row.uuid,
        SAMLMetadataDocument: row.metadata,
        CreateDate: dateOf(row.createdAt),
        ValidUntil: validUntil(row.createdAt),
        Tags: wireTags(row.tags.toSorted((a, b) => (a.key < b.key ? -1 : 1))),
        AssertionEncryptionMode: row.encryption,
        PrivateKeyList: row.privateKeys.map((key) => ({ KeyId: key.id, Timestamp: dateOf(key.addedAt) })),
      }
    },
  },
  ListSAMLProviders: {
    access: 'read',
    ask: () => [{ action: 'iam:ListSAMLProviders', resource: '*' }],
    handle: async (_input, call, store) => ({
      SAMLProviderList: (await store.list(samlProviders, call.account)).map((row) => ({
        Arn: samlProviderArn(call.account, row.name),
        ValidUntil: validUntil(row.createdAt),
        CreateDate: dateOf(row.createdAt),
      })),
    }),
  },
  UpdateSAMLProvider: {
    access: 'write',
    ask: askOnProvider('iam:UpdateSAMLProvider'),
    handle: async (input, call, store) => {
      const row = await existing(input, call, store)
      await store.put(samlProviders, call.account, updated(row, input, call))
      return { SAMLProviderArn: samlProviderArn(call.account, row.name) }
    },
  },
  DeleteSAMLProvider: {
    access: 'write',
    ask: askOnProvider('iam:DeleteSAMLProvider'),
    handle: async (input, call, store) => {
      const row = await existing(input, call, store)
      await store.remove(samlProviders, call.account, samlProviders.key(row))
      return {}
    },
  },
  TagSAMLProvider: {
    access: 'write',
    ask: askOnProvider<Named & { readonly Tags: readonly Iam.Tag[] }>('iam:TagSAMLProvider', (input) =>
      requestTagKeys(input.Tags),
    ),
    handle: async (input, call, store) => {
      const row = await existing(input, call, store)
      await store.put(samlProviders, call.account, { ...row, tags: withTags(row.tags, input.Tags, 'exact') })
      return {}
    },
  },
  UntagSAMLProvider: {
    access: 'write',
    ask: askOnProvider<Named & { readonly TagKeys: readonly string[] }>('iam:UntagSAMLProvider', (input) =>
      tagKeys(input.TagKeys),
    ),
    handle: async (input, call, store) => {
      const row = await existing(input, call, store)
      await store.put(samlProviders, call.account, { ...row, tags: withoutTags(row.tags, input.TagKeys, 'exact') })
      return {}
    },
  },
  ListSAMLProviderTags: {
    access: 'read',
    ask: askOnProvider('iam:ListSAMLProviderTags'),
    handle: async (input, call, store) => {
      const row = await existing(input, call, store)
      const page = pageOf(row.tags, (tag) => tag.key, input, ['ListSAMLProviderTags', call.account, row.uuid])
      return { Tags: wireTags(page.items), ...page.more }
    },
  },
} satisfies Operations<
  IamOperations,
  | 'CreateSAMLProvider'
  | 'GetSAMLProvider'
  | 'ListSAMLProviders'
  | 'UpdateSAMLProvider'
  | 'DeleteSAMLProvider'
  | 'TagSAMLProvider'
  | 'UntagSAMLProvider'
  | 'ListSAMLProviderTags'
>

function askOnProvider<Input extends Named>(action: string, more: (input: Input) => Context = () => ({})) {
  return async (input: Input, call: Call, store: Reader): Promise<readonly [Ask]> => {
    const name = nameOf(input, call)
    const row = name === undefined ? undefined : await store.get(samlProviders, call.account, name)
    const context = { ...resourceTagKeys(row?.tags, false), ...more(input) }
    return [{ action, resource: input.SAMLProviderArn, context }]
  }
}

/** The key of the row that an ARN names; `undefined` for the ARN of another account's provider. @throws AwsError for no ARN */
function nameOf({ SAMLProviderArn: text }: Named, call: Call): string | undefined {
  const arn = parseIamArn(text)
  const isProvider = arn?.resource.startsWith(PREFIX)
  if (!arn || !isProvider || accountId(arn.account) === undefined) throw invalidInput(`ARN ${text} is not valid.`)
  return arn.account === call.account ? arn.resource.slice(PREFIX.length) : undefined
}

/** @throws AwsError NoSuchEntity */
async function existing(input: Named, call: Call, store: Reader): Promise<SamlProvider> {
  const name = nameOf(input, call)
  const row = name === undefined ? undefined : await store.get(samlProviders, call.account, name)
  if (row === undefined) throw noSuchEntity(`Manifest not found for arn ${input.SAMLProviderArn}`)
  return row
}

/** Known from reports only. @throws AwsError InvalidInput */
function checkMetadata(text: string): void {
  const read = readMetadata(text)
  if (!read.ok) throw invalidInput('Could not parse metadata', { explanation: `In the metadata ${read.explanation}.` })
}

function updated(row: SamlProvider, input: Iam.UpdateSAMLProviderRequest, call: Call): SamlProvider {
  const { SAMLMetadataDocument: metadata, AddPrivateKey: add, RemovePrivateKey: remove } = input
  const { AssertionEncryptionMode: encryption = row.encryption } = input
  if (add !== undefined && remove !== undefined)
    throw validationError(
      'Unable to add and remove private keys in the same request. Set a value for only one of the two parameters.',
    )
  if (
    metadata === undefined &&
    add === undefined &&
    remove === undefined &&
    input.AssertionEncryptionMode === undefined
  )
    throw validationError(
      'Unable to update identity provider. No updates are defined for metadata or encryption assertion.',
    )
  if (metadata !== undefined) checkMetadata(metadata)
  if (add !== undefined && row.privateKeys.length >= KEYS_MAX)
    throw limitExceeded(`Private key limit of ${KEYS_MAX} is reached.`)
  const privateKeys = [
    ...row.privateKeys.filter((key) => key.id !== remove),
    ...(add === undefined ? [] : [sealedKey(add, call)]),
  ]
  const isMissing = remove !== undefined && privateKeys.length === row.privateKeys.length
  if (isMissing || (remove !== undefined && encryption === 'Required' && privateKeys.length === 0))
    throw invalidInput('Failed to remove private key.')
  requireKeyFor(encryption, privateKeys)
  return { ...row, encryption, privateKeys, metadata: metadata ?? row.metadata }
}

function requireKeyFor(encryption: SamlProvider['encryption'], keys: readonly SamlPrivateKey[]): void {
  if (encryption === 'Required' && keys.length === 0)
    throw invalidInput('Failed to set assertion encryption mode to Required because no private key is present.')
}

/** Any private key in PEM, as AWS takes them; one that holds no RSA key opens nothing. @throws AwsError InvalidInput */
function sealedKey(pem: string, call: Call): SamlPrivateKey {
  try {
    createPrivateKey(pem)
  } catch {
    // AWS's text is not recorded.
    throw invalidInput('Could not parse private key')
  }
  const id = samlId('SAMLPK', call.platform.chance)
  return { id, addedAt: call.now, sealedPem: call.platform.vault.seal(pem, samlKeySealOwner(call.account, id)) }
}

/** A hundred years on, whatever the metadata says. */
function validUntil(createdAt: Instant): Date {
  const date = dateOf(createdAt)
  date.setUTCFullYear(date.getUTCFullYear() + 100)
  return date
}
