/**
 * Encoded authorization messages: a refusal's explanation in AWS's shape, sealed, self-contained, decodable by any node for
 * 24 hours and only for the refused caller's account. Silent about policies of other accounts.
 * STS API Reference, DecodeAuthorizationMessage.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { ContextValue, DecisionRecord, RequestContext } from '@understudy/policy'
import type { AccountId, Instant } from '../domain/brands.ts'
import type { Chance } from '../domain/chance.ts'
import type { SealingKeys } from '../credentials/sealing-keys.ts'
import { accountOfPrincipal, nameOfPrincipal } from './principal-name.ts'

const SIZE_MAX = 10_240
const LIFE_MILLISECONDS = 24 * 3600 * 1000
const PLAIN_BYTES_MAX = 1 << 20
const NONCE_AT = 5
const BODY_AT = 17
const TAG_BYTES = 16

interface Sealed {
  readonly account: string | undefined
  readonly at: number
  readonly decisionId: string
  readonly message: unknown
}

export type OpenedMessage =
  | { readonly ok: true; readonly text: string; readonly decisionId: string }
  | { readonly ok: false; readonly why: string }

export interface EncodedMessages {
  /** @returns base64url text of at most 10,240 characters */
  readonly seal: (refusal: {
    readonly decisionId: string
    readonly request: RequestContext
    readonly record: DecisionRecord
    readonly now: Instant
  }) => string
  /** @param account the asker's; `operator` opens every message */
  readonly open: (encoded: string, account: AccountId | 'operator', now: Instant) => OpenedMessage
}

export function encodedMessages(keys: SealingKeys, chance: Chance): EncodedMessages {
  const cipherKey = (secret: Uint8Array) => createHmac('sha256', secret).update('understudy encoded message 1').digest()
  const sealText = (content: Sealed): string => {
    const key = keys.current()
    const head = Buffer.concat([Buffer.of(1), Buffer.from(key.id, 'hex'), chance.bytes(12)])
    const cipher = createCipheriv('aes-256-gcm', cipherKey(key.secret), head.subarray(NONCE_AT)).setAAD(head)
    const body = cipher.update(deflateRawSync(JSON.stringify(content), { level: 9 }))
    return Buffer.concat([head, body, cipher.final(), cipher.getAuthTag()]).toString('base64url')
  }
  return {
    seal: ({ decisionId, request, record, now }) => {
      const account = accountOfPrincipal(request.principal)
      const content = (statements: number): Sealed => ({
        account,
        at: now,
        decisionId,
        message: awsShape(request, record, account, statements),
      })
      for (const statements of [50, 10, 1, 0]) {
        const text = sealText(content(statements))
        if (text.length <= SIZE_MAX) return text
      }
      return sealText({ account, at: now, decisionId, message: { allowed: false, explicitDeny: isExplicit(record) } })
    },
    open: (encoded, account, now) => {
      const bytes = Buffer.from(encoded, 'base64url')
      const canonical = bytes.length > BODY_AT + TAG_BYTES && bytes[0] === 1 && bytes.toString('base64url') === encoded
      if (!canonical) return { ok: false, why: 'It is no encoded message of this server.' }
      const key = keys.byId(bytes.subarray(1, NONCE_AT).toString('hex'))
      const plain = key && decrypt(bytes, cipherKey(key.secret))
      if (plain === undefined) return { ok: false, why: 'It was not sealed by this server, or was changed.' }
      const content = JSON.parse(inflateRawSync(plain, { maxOutputLength: PLAIN_BYTES_MAX }).toString('utf8')) as Sealed
      if (account !== 'operator' && content.account !== account)
        return { ok: false, why: 'It belongs to a caller of another account.' }
      if (now - content.at > LIFE_MILLISECONDS) return { ok: false, why: 'It is older than 24 hours.' }
      return { ok: true, text: JSON.stringify(content.message), decisionId: content.decisionId }
    },
  }
}

const isExplicit = (record: DecisionRecord): boolean => record.reason.startsWith('explicit-deny')

function awsShape(
  request: RequestContext,
  record: DecisionRecord,
  account: string | undefined,
  statementsMax: number,
): unknown {
  const matched = record.layers
    .flatMap((layer) => layer.statements)
    .filter((statement) => statement.matched && (statement.owner === undefined || statement.owner === account))
  return {
    allowed: record.effect === 'Allow',
    explicitDeny: isExplicit(record),
    matchedStatements: {
      items: matched.slice(0, statementsMax).map((statement) => ({
        statementId: statement.sid ?? '',
        effect: statement.effect.toUpperCase(),
        policy: statement.policyArn ?? statement.policy,
      })),
    },
    failures: { items: [] },
    context: {
      principal: principalItem(request),
      action: request.action,
      resource: request.resource,
      conditions: {
        items: shownKeys(request, account).map(([key, value]) => ({
          key,
          values: { items: (typeof value === 'string' ? [value] : value).map((text) => ({ value: text })) },
        })),
      },
    },
  }
}

/** Keys that tell of the resource itself. What another account tagged, or whether its role exists at all, is not told. */
const OF_RESOURCE = /^(?:aws:resource(?:tag\/|org)|iam:resourcetag\/|s3:(?:existingobjecttag|buckettag)\/)/

const shownKeys = (request: RequestContext, account: string | undefined): readonly [string, ContextValue][] =>
  [...request.context].filter(([key]) => request.resourceAccount === account || !OF_RESOURCE.test(key))

function principalItem(request: RequestContext): { readonly id: string; readonly arn: string } {
  const { principal } = request
  const id = 'userId' in principal ? principal.userId : 'accountId' in principal ? principal.accountId : ''
  return { id, arn: nameOfPrincipal(principal) }
}

function decrypt(bytes: Buffer, key: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(NONCE_AT, BODY_AT))
  decipher.setAAD(bytes.subarray(0, BODY_AT)).setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
  const first = decipher.update(bytes.subarray(BODY_AT, bytes.length - TAG_BYTES))
  try {
    return Buffer.concat([first, decipher.final()])
  } catch {
    // final() fails for one reason only: the tag does not fit.
    return undefined
  }
}
