/** IAM's side of outbound identity: switches the account's issuer on and off. Texts recorded in September 2026 (native/outbound). */
import type { IamOperations } from '@understudy/wire'
import { outboundIssuerAddress } from '../../domain/issuer.ts'
import { OUTBOUND_ISSUER, outboundIssuers } from '../../entities/outbound.ts'
import { AwsError } from '../../errors/aws-error.ts'
import { newOutboundIssuer } from '../../federation/outbound/issuer.ts'
import type { Operations } from '../operation.ts'

export const outboundFederationOperations = {
  EnableOutboundWebIdentityFederation: {
    access: 'write',
    ask: () => [{ action: 'iam:EnableOutboundWebIdentityFederation', resource: '*' }],
    handle: async (_input, call, store) => {
      const { account, platform } = call
      const before = await store.get(outboundIssuers, account, OUTBOUND_ISSUER)
      if (before?.enabled) throw alreadyEnabled(account)
      const issuer = before ? { ...before, enabled: true } : await newOutboundIssuer(account, platform)
      await store.put(outboundIssuers, account, issuer)
      return { IssuerIdentifier: outboundIssuerAddress(issuer.id) }
    },
  },
  DisableOutboundWebIdentityFederation: {
    access: 'write',
    ask: () => [{ action: 'iam:DisableOutboundWebIdentityFederation', resource: '*' }],
    handle: async (_input, { account }, store) => {
      const issuer = await store.get(outboundIssuers, account, OUTBOUND_ISSUER)
      if (!issuer?.enabled) throw disabled(account)
      await store.put(outboundIssuers, account, { ...issuer, enabled: false })
      return {}
    },
  },
  GetOutboundWebIdentityFederationInfo: {
    access: 'read',
    ask: () => [{ action: 'iam:GetOutboundWebIdentityFederationInfo', resource: '*' }],
    handle: async (_input, { account }, store) => {
      const issuer = await store.get(outboundIssuers, account, OUTBOUND_ISSUER)
      if (!issuer?.enabled) throw disabled(account)
      return { IssuerIdentifier: outboundIssuerAddress(issuer.id), JwtVendingEnabled: true }
    },
  },
} satisfies Operations<
  IamOperations,
  | 'EnableOutboundWebIdentityFederation'
  | 'DisableOutboundWebIdentityFederation'
  | 'GetOutboundWebIdentityFederationInfo'
>

const disabled = (account: string) =>
  new AwsError('FeatureDisabled', 404, `Outbound identity federation is disabled for account ${account}`)
const alreadyEnabled = (account: string) =>
  new AwsError('FeatureEnabled', 409, `Outbound identity federation is already enabled for account ${account}`)
