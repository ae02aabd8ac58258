/** What an outbound token says of its caller. IAM User Guide, "Understanding token claims"; recorded 2026, native/outbound/token. */
import type { Sts } from '@understudy/wire'
import { callerPolicies } from '../../authorization/caller-policies.ts'
import { membershipOf } from '../../authorization/organization-policies.ts'
import { identityProof } from '../../credentials/caller.ts'
import type { SessionFacts } from '../../credentials/caller.ts'
import { instant, isoSeconds } from '../../domain/brands.ts'
import { uuid } from '../../domain/chance.ts'
import { outboundIssuerAddress } from '../../domain/issuer.ts'
import type { OutboundIssuer } from '../../entities/outbound.ts'
import type { Reader } from '../../store/port.ts'
import type { Call } from '../operation.ts'
import { identityOf } from './caller-identity.ts'

export type OutboundClaims = Readonly<Record<string, unknown>>

/** @param at who issues, when (seconds of wire time) and for how many seconds */
export async function outboundClaims(
  input: Sts.GetWebIdentityTokenRequest,
  at: { readonly issuer: OutboundIssuer; readonly issuedAt: number; readonly seconds: number },
  call: Call,
  store: Reader,
): Promise<OutboundClaims> {
  const [only] = input.Audience
  const subject = subjectOf(call)
  return {
    aud: input.Audience.length === 1 ? only : input.Audience,
    sub: subject,
    'https://sts.amazonaws.com/': await awsClaims(input, subject, call, store),
    iss: outboundIssuerAddress(at.issuer.id),
    exp: at.issuedAt + at.seconds,
    iat: at.issuedAt,
    jti: uuid(call.platform.chance),
  }
}

/** The IAM ARN with its path: of the role, not of its session. */
function subjectOf({ caller }: Call): string {
  const { principal } = caller
  return principal.kind === 'role-session' ? principal.roleArn : identityOf(caller).arn
}

async function awsClaims(
  input: Sts.GetWebIdentityTokenRequest,
  subject: string,
  call: Call,
  store: Reader,
): Promise<OutboundClaims> {
  const { caller, platform } = call
  const membership = await membershipOf(call.account, store)
  const { tags } = await callerPolicies(caller, store, platform.catalogue)
  const requested = (input.Tags ?? []).map((tag) => ({ key: tag.Key, value: tag.Value }))
  const session = 'session' in caller ? caller.session : undefined
  return {
    ...(membership === undefined ? {} : { org_id: membership.organizationId, ou_path: [membership.path] }),
    aws_account: call.account,
    source_region: call.region,
    principal_id: subject,
    ...(session === undefined ? {} : sessionClaims(session, platform.clock.offset())),
    ...tagClaims('principal_tags', tags),
    ...tagClaims('request_tags', requested),
  }
}

const tagClaims = (name: string, tags: readonly { readonly key: string; readonly value: string }[]): OutboundClaims =>
  tags.length === 0 ? {} : { [name]: Object.fromEntries(tags.map((tag) => [tag.key, tag.value])) }

/** @param offset milliseconds that session time is ahead: what readers outside see is on their own clock */
function sessionClaims(session: SessionFacts, offset: number): OutboundClaims {
  const { sourceIdentity } = session
  const proof = identityProof(session)
  return {
    original_session_exp: isoSeconds(instant(session.expiresAt - offset)),
    ...(sourceIdentity === undefined ? {} : { source_identity: sourceIdentity }),
    ...(proof?.kind === 'web-identity' ? { federated_provider: proof.provider } : {}),
    ...(proof?.kind === 'saml' ? { federated_provider: proof.providerArn } : {}),
    ...(proof?.kind === 'instance'
      ? {
          ec2_source_instance_arn: proof.instanceArn,
          ec2_instance_source_vpc: proof.vpcId,
          ec2_instance_source_private_ipv4: proof.privateIp,
          ec2_role_delivery: proof.roleDelivery,
        }
      : {}),
  }
}
