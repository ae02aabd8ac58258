/** A sign-in at the lab's identity provider: is it the password, how often may one guess, and what is answered. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { AccountId, Instant } from '../../domain/brands.ts'
import { labPasswordSealOwner } from '../../entities/saml.ts'
import type { LabSamlIdp, LabSamlUser } from '../../entities/saml.ts'
import type { AuthnRequest } from './authn-request.ts'
import type { RolePair } from './aws-attributes.ts'
import { rolePairs } from './aws-attributes.ts'
import { mintAssertion, mintRequestOf, mintedAttributes } from './lab.ts'
import type { LabParts } from './lab.ts'
import { AWS_AUDIENCE, AWS_CONSUMER } from './mint.ts'

/** Answers whether the password is the user's. Takes as long for a user who does not exist or has none. */
export type PasswordCheck = (account: AccountId, user: LabSamlUser | undefined, password: string) => boolean

export function passwordCheck({ vault, chance }: LabParts): PasswordCheck {
  const nobody = ['nobody', 'lab-saml-password']
  const decoy = vault.seal(chance.bytes(32).toString('base64'), nobody)
  return (account, user, password) => {
    const sealed = user?.sealedPassword
    const wanted =
      user === undefined || sealed === undefined
        ? vault.open(decoy, nobody)
        : vault.open(sealed, labPasswordSealOwner(account, user))
    const fits = timingSafeEqual(digest(password), digest(wanted))
    return fits && sealed !== undefined
  }
}

/** Hashes have equal lengths, so that not even the length of a password shows. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Wrong guesses of all users of one provider together: which of them exist does not show, and nothing grows with names. */
export interface GuessLimit {
  /** Seconds until the next try, or nothing while there are tries left. */
  readonly closedFor: (provider: string) => number | undefined
  readonly countWrong: (provider: string) => void
}

const WRONG_MAX = 30
const WINDOW_SECONDS = 60

/** @param now milliseconds */
export function guessLimit(now: () => number): GuessLimit {
  const windows = new Map<string, { readonly endsAt: number; readonly wrong: number }>()
  const open = (provider: string) => {
    const window = windows.get(provider)
    return window !== undefined && window.endsAt > now() ? window : undefined
  }
  return {
    closedFor: (provider) => {
      const window = open(provider)
      return window === undefined || window.wrong < WRONG_MAX ? undefined : Math.ceil((window.endsAt - now()) / 1000)
    },
    countWrong: (provider) => {
      const { endsAt, wrong } = open(provider) ?? { endsAt: now() + WINDOW_SECONDS * 1000, wrong: 0 }
      windows.set(provider, { endsAt, wrong: wrong + 1 })
    },
  }
}

export interface SignedIn {
  readonly subject: string
  /** Base64, as it is posted. */
  readonly response: string
  readonly consumer: string
  readonly pairs: readonly RolePair[]
}

export interface SignInFacts {
  readonly idp: LabSamlIdp
  readonly user: LabSamlUser
  /** Absent for a sign-in that no service asked for. */
  readonly request?: AuthnRequest
}

/** A request that this user cannot answer. */
export class SignInRefused extends Error {}

const FORMATS = 'urn:oasis:names:tc:SAML:2.0:nameid-format:'
const EMAIL = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'

/** @throws SignInRefused when the service insists on a NameID of another form */
export function signIn(
  { idp, user, request }: SignInFacts,
  at: LabParts & { readonly account: AccountId; readonly now: Instant },
): SignedIn {
  const says = mintRequestOf(user)
  const consumer = request?.consumer ?? AWS_CONSUMER
  const format = formatFor(says.format, request?.format)
  const isOther = request !== undefined && request.issuer !== (says.audience ?? AWS_AUDIENCE)
  const response = mintAssertion(
    idp,
    {
      ...says,
      recipient: consumer,
      destination: consumer,
      ...(format === undefined ? {} : { format }),
      ...(isOther ? { furtherAudience: request.issuer } : {}),
      ...(request === undefined ? {} : { inResponseTo: request.id }),
    },
    at,
  )
  return { subject: says.subject, response, consumer, pairs: rolePairs({ attributes: mintedAttributes(says) }) }
}

/** A format that the seed gives stays; without one the service may choose among those that a fixed name fits. */
function formatFor(own: string | undefined, wanted: string | undefined): string | undefined {
  if (wanted === undefined || wanted === own) return own
  if (own === undefined && (wanted === `${FORMATS}persistent` || wanted === EMAIL)) return wanted
  throw new SignInRefused(
    `it insists on a NameID of the format \`${wanted}\`, and this user has ${own === undefined ? 'none of that' : `\`${own}\``}`,
  )
}
