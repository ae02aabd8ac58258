/** OpenID Connect providers: whom the account trusts to issue web identities. Texts are AWS's, recorded in 2026. */
import type { IamOperations } from '@understudy/wire'
import { oidcProviderArn, parseIamArn } from '../../domain/arn.ts'
import { accountId, dateOf } from '../../domain/brands.ts'
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
import type { Ask } from '../../authorization/question.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { resourceTagKeys } from './names.ts'
import type { Context } from './names.ts'
import { pageOf } from './paging.ts'
import { newTags, requestTagKeys, tagKeys, wireTags, withoutTags, withTags } from './tag-rules.ts'

const CLIENT_IDS_MAX = 100
const PROVIDERS_MAX = 100
const THUMBPRINTS_MAX = 5

interface Named {
  readonly OpenIDConnectProviderArn: string
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
    ask: askOnProvider('iam:GetOpenIDConnectProvider'),
    handle: async (input, call, store) => {
      const row = await existing(input, call, store)
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
    ask: askOnProvider('iam:DeleteOpenIDConnectProvider'),
    handle: async (input, call, store) => {
      const url = urlOf(input, call)
      if (url === undefined || !(await store.remove(oidcProviders, call.account, url)))
        throw noSuchEntity(`OpenId connect Provider ${input.OpenIDConnectProviderArn} cannot be found.`)
      return {}
    },
  },
  AddClientIDToOpenIDConnectProvider: {
    access: 'write',
    ask: askOnProvider('iam:AddClientIDToOpenIDConnectProvider'),
    handle: async (input, call, store) => {
      const row = await existing(input, call, store)
      await store.put(oidcProviders, call.account, { ...row, clientIds: clientIds([...row.clientIds, input.ClientID]) })
      return {}
    },
  },
  RemoveClientIDFromOpenIDConnectProvider: {
    access: 'write',
    ask: askOnProvider('iam:RemoveClientIDFromOpenIDConnectProvider'),
    handle: async (input, call, store) => {
      const row = await existing(input, call, store)
      const left = row.clientIds.filter((id) => id !== input.ClientID)
      await store.put(oidcProviders, call.account, { ...row, clientIds: left })
      return {}
    },
  },
  UpdateOpenIDConnectProviderThumbprint: {
    access: 'write',
    ask: askOnProvider('iam:UpdateOpenIDConnectProviderThumbprint'),
    handle: async (input, call, store) => {
      const row = await existing(input, call, store)
      await store.put(oidcProviders, call.account, { ...row, thumbprints: thumbprints(input.ThumbprintList) })
      return {}
    },
  },
  TagOpenIDConnectProvider: {
    access: 'write',
    ask: askOnProvider<Named & { readonly Tags: Parameters<typeof requestTagKeys>[0] }>(
      'iam:TagOpenIDConnectProvider',
      (input) => requestTagKeys(input.Tags),
    ),
    handle: async (input, call, store) => {
      const row = await existing(input, call, store)
      await store.put(oidcProviders, call.account, { ...row, tags: withTags(row.tags, input.Tags, 'exact') })
      return {}
    },
  },
  UntagOpenIDConnectProvider: {
    access: 'write',
    ask: askOnProvider<Named & { readonly TagKeys: readonly string[] }>('iam:UntagOpenIDConnectProvider', (input) =>
      tagKeys(input.TagKeys),
    ),
    handle: async (input, call, store) => {
      const row = await existing(input, call, store)
      await store.put(oidcProviders, call.account, { ...row, tags: withoutTags(row.tags, input.TagKeys, 'exact') })
      return {}
    },
  },
  ListOpenIDConnectProviderTags: {
    access: 'read',
    ask: askOnProvider('iam:ListOpenIDConnectProviderTags'),
    handle: async (input, call, store) => {
      const row = await existing(input, call, store)
      const scope = ['ListOpenIDConnectProviderTags', call.account, row.url]
      const page = pageOf(row.tags, (tag) => tag.key, input, scope)
      return { Tags: wireTags(page.items), ...page.more }
    },
  },
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

function askOnProvider<Input extends Named>(action: string, more: (input: Input) => Context = () => ({})) {
  return async (input: Input, call: Call, store: Reader): Promise<readonly [Ask]> => {
    const url = urlOf(input, call)
    const row = url === undefined ? undefined : await store.get(oidcProviders, call.account, url)
    const context = { ...resourceTagKeys(row?.tags, false), ...more(input) }
    return [{ action, resource: input.OpenIDConnectProviderArn, context }]
  }
}

/** The key of the row that an ARN names; `undefined` for the ARN of another account's provider. @throws AwsError for no ARN */
function urlOf({ OpenIDConnectProviderArn: text }: Named, call: Call): string | undefined {
  const arn = parseIamArn(text)
  const isProvider = arn?.resource.startsWith('oidc-provider/')
  if (!arn || !isProvider || accountId(arn.account) === undefined) throw invalidInput(`ARN ${text} is not valid.`)
  return arn.account === call.account ? arn.resource.slice('oidc-provider/'.length) : undefined
}

/** @throws AwsError NoSuchEntity */
async function existing(input: Named, call: Call, store: Reader): Promise<OidcProvider> {
  const url = urlOf(input, call)
  const row = url === undefined ? undefined : await store.get(oidcProviders, call.account, url)
  if (row === undefined)
    throw noSuchEntity(`OpenIDConnect Provider not found for arn ${input.OpenIDConnectProviderArn}`)
  return row
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
