/** OpenID Connect providers: whom the account trusts to issue web identities. Texts are AWS's, recorded in 2026. */
import type { IamOperations } from '@understudy/wire'
import { oidcProviderArn } from '../../domain/arn.ts'
import { dateOf } from '../../domain/brands.ts'
import { issuerName } from '../../domain/issuer.ts'
import { oidcProviders } from '../../entities/federation.ts'
import type { OidcProvider } from '../../entities/federation.ts'
import {
  entityAlreadyExists,
  invalidInput,
  limitExceeded,
  noSuchEntity,
  validationError,
} from '../../errors/catalogue.ts'
import type { Operations } from '../operation.ts'
import {
  askOnProvider,
  existingProvider,
  listProviderTags,
  providerKey,
  tagProvider,
  untagProvider,
} from './identity-providers.ts'
import type { ProviderFamily } from './identity-providers.ts'
import { newTags, requestTagKeys, wireTags } from './tag-rules.ts'

const CLIENT_IDS_MAX = 100
const PROVIDERS_MAX = 100
const THUMBPRINTS_MAX = 5

const family: ProviderFamily<OidcProvider, { readonly OpenIDConnectProviderArn: string }> = {
  kind: oidcProviders,
  prefix: 'oidc-provider/',
  arnOf: (input) => input.OpenIDConnectProviderArn,
  missing: (arn) => `OpenIDConnect Provider not found for arn ${arn}`,
}

export const oidcProviderOperations = {
  CreateOpenIDConnectProvider: {
    access: 'write',
    ask: (input, call) => {
      const resource = oidcProviderArn(call.account, issuerUrl(input.Url))
      const context = requestTagKeys(input.Tags)
      const create = { action: 'iam:CreateOpenIDConnectProvider', resource, context }
      return input.Tags?.length ? [create, { action: 'iam:TagOpenIDConnectProvider', resource, context }] : [create]
    },
    handle: async (input, call, store) => {
      const url = issuerUrl(input.Url)
      const row: OidcProvider = {
        url,
        clientIds: clientIds(input.ClientIDList ?? []),
        thumbprints: input.ThumbprintList?.length ? thumbprints(input.ThumbprintList) : [],
        createdAt: call.now,
        tags: newTags(input.Tags, 'exact'),
      }
      if ((await store.list(oidcProviders, call.account)).length >= PROVIDERS_MAX)
        throw limitExceeded(`Cannot exceed quota for OpenIdConnectProvidersPerAccount: ${PROVIDERS_MAX}`)
      // AWS's text for a second provider of a name is known from reports only.
      if ((await store.insert(oidcProviders, call.account, row)) === 'exists')
        throw entityAlreadyExists(`Provider with url https://${url} already exists.`)
      return {
        OpenIDConnectProviderArn: oidcProviderArn(call.account, url),
        ...(row.tags.length === 0 ? {} : { Tags: wireTags(row.tags) }),
      }
    },
  },
  GetOpenIDConnectProvider: {
    access: 'read',
    ask: askOnProvider(family, 'iam:GetOpenIDConnectProvider'),
    handle: async (input, call, store) => {
      const row = await existingProvider(family, input, call, store)
      return {
        Url: row.url,
        ClientIDList: row.clientIds,
        ThumbprintList: row.thumbprints,
        CreateDate: dateOf(row.createdAt),
        Tags: wireTags(row.tags.toSorted((a, b) => (a.key < b.key ? -1 : 1))),
      }
    },
  },
  ListOpenIDConnectProviders: {
    access: 'read',
    ask: () => [{ action: 'iam:ListOpenIDConnectProviders', resource: '*' }],
    handle: async (_input, call, store) => ({
      OpenIDConnectProviderList: (await store.list(oidcProviders, call.account)).map((row) => ({
        Arn: oidcProviderArn(call.account, row.url),
      })),
    }),
  },
  DeleteOpenIDConnectProvider: {
    access: 'write',
    ask: askOnProvider(family, 'iam:DeleteOpenIDConnectProvider'),
    handle: async (input, call, store) => {
      const url = providerKey(family, input, call)
      if (url === undefined || !(await store.remove(oidcProviders, call.account, url)))
        throw noSuchEntity(`OpenId connect Provider ${input.OpenIDConnectProviderArn} cannot be found.`)
      return {}
    },
  },
  AddClientIDToOpenIDConnectProvider: {
    access: 'write',
    ask: askOnProvider(family, 'iam:AddClientIDToOpenIDConnectProvider'),
    handle: async (input, call, store) => {
      const row = await existingProvider(family, input, call, store)
      await store.put(oidcProviders, call.account, { ...row, clientIds: clientIds([...row.clientIds, input.ClientID]) })
      return {}
    },
  },
  RemoveClientIDFromOpenIDConnectProvider: {
    access: 'write',
    ask: askOnProvider(family, 'iam:RemoveClientIDFromOpenIDConnectProvider'),
    handle: async (input, call, store) => {
      const row = await existingProvider(family, input, call, store)
      const left = row.clientIds.filter((id) => id !== input.ClientID)
      await store.put(oidcProviders, call.account, { ...row, clientIds: left })
      return {}
    },
  },
  UpdateOpenIDConnectProviderThumbprint: {
    access: 'write',
    ask: askOnProvider(family, 'iam:UpdateOpenIDConnectProviderThumbprint'),
    handle: async (input, call, store) => {
      const row = await existingProvider(family, input, call, store)
      await store.put(oidcProviders, call.account, { ...row, thumbprints: thumbprints(input.ThumbprintList) })
      return {}
    },
  },
  TagOpenIDConnectProvider: tagProvider(family, 'iam:TagOpenIDConnectProvider'),
  UntagOpenIDConnectProvider: untagProvider(family, 'iam:UntagOpenIDConnectProvider'),
  ListOpenIDConnectProviderTags: listProviderTags(family, 'ListOpenIDConnectProviderTags'),
} satisfies Operations<
  IamOperations,
  | 'CreateOpenIDConnectProvider'
  | 'GetOpenIDConnectProvider'
  | 'ListOpenIDConnectProviders'
  | 'DeleteOpenIDConnectProvider'
  | 'AddClientIDToOpenIDConnectProvider'
  | 'RemoveClientIDFromOpenIDConnectProvider'
  | 'UpdateOpenIDConnectProviderThumbprint'
  | 'TagOpenIDConnectProvider'
  | 'UntagOpenIDConnectProvider'
  | 'ListOpenIDConnectProviderTags'
>

/** @throws AwsError ValidationError for what is no https address; InvalidInput without a text for a query or a fragment */
function issuerUrl(address: string): string {
  const issuer = issuerName(address)
  if (issuer.ok) return issuer.name
  throw issuer.why === 'query-or-fragment' ? invalidInput('') : validationError('Invalid Open ID Connect Provider URL')
}

/** Made unique in order. @throws AwsError LimitExceeded */
function clientIds(given: readonly string[]): readonly string[] {
  const unique = [...new Set(given)]
  if (unique.length > CLIENT_IDS_MAX)
    throw limitExceeded(`Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: ${CLIENT_IDS_MAX}`)
  return unique
}

/** In lower case and not made unique; letters that are no hexadecimal digits pass, as at AWS. @throws AwsError InvalidInput */
function thumbprints(given: readonly string[]): readonly string[] {
  if (given.length === 0) throw invalidInput('Thumbprint list must contain at least one entry.')
  if (given.length > THUMBPRINTS_MAX) throw invalidInput('Thumbprint list must contain fewer than 5 entries.')
  return given.map((print) => print.toLowerCase())
}
