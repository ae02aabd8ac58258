/** SAML providers: whose assertions the account takes. Texts are AWS's, recorded in 2025 and 2026. */
import { createPrivateKey } from 'node:crypto'
import type { Iam, IamOperations } from '@understudy/wire'
import { samlProviderArn } from '../../domain/arn.ts'
import { dateOf } from '../../domain/brands.ts'
import type { Instant } from '../../domain/brands.ts'
import { samlKeySealOwner, samlProviders } from '../../entities/saml.ts'
import type { SamlPrivateKey, SamlProvider } from '../../entities/saml.ts'
import { entityAlreadyExists, invalidInput, limitExceeded, validationError } from '../../errors/catalogue.ts'
import { samlId } from '../../federation/saml/identifiers.ts'
import { readMetadata } from '../../federation/saml/metadata.ts'
import type { Call, Operations } from '../operation.ts'
import { askOnProvider, existingProvider, listProviderTags, tagProvider, untagProvider } from './identity-providers.ts'
import type { ProviderFamily } from './identity-providers.ts'
import { newTags, requestTagKeys, wireTags } from './tag-rules.ts'

const PROVIDERS_MAX = 100
const KEYS_MAX = 2

const family: ProviderFamily<SamlProvider, { readonly SAMLProviderArn: string }> = {
  kind: samlProviders,
  prefix: 'saml-provider/',
  arnOf: (input) => input.SAMLProviderArn,
  missing: (arn) => `Manifest not found for arn ${arn}`,
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
    ask: askOnProvider(family, 'iam:GetSAMLProvider'),
    handle: async (input, call, store) => {
      const row = await existingProvider(family, input, call, store)
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
    ask: askOnProvider(family, 'iam:UpdateSAMLProvider'),
    handle: async (input, call, store) => {
      const row = await existingProvider(family, input, call, store)
      await store.put(samlProviders, call.account, updated(row, input, call))
      return { SAMLProviderArn: samlProviderArn(call.account, row.name) }
    },
  },
  DeleteSAMLProvider: {
    access: 'write',
    ask: askOnProvider(family, 'iam:DeleteSAMLProvider'),
    handle: async (input, call, store) => {
      const row = await existingProvider(family, input, call, store)
      await store.remove(samlProviders, call.account, samlProviders.key(row))
      return {}
    },
  },
  TagSAMLProvider: tagProvider(family, 'iam:TagSAMLProvider'),
  UntagSAMLProvider: untagProvider(family, 'iam:UntagSAMLProvider'),
  ListSAMLProviderTags: listProviderTags(family, 'ListSAMLProviderTags'),
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
