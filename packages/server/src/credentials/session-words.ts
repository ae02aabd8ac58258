/** Sessions in words: the ARN that one has, and how it came to be. */
import { assumedRoleArn, federatedUserArn, rootArn, userArn } from '../domain/arn.ts'
import type { Arn } from '../domain/brands.ts'
import { isoSeconds } from '../domain/brands.ts'
import type { SessionFacts } from './caller.ts'

/** ARN of the session as GetCallerIdentity shows it. */
export function sessionArn({ account, holder, proof, sessionName }: SessionFacts): Arn {
  if (holder.kind === 'role') return assumedRoleArn(account, holder.name, sessionName ?? '')
  if (proof.kind === 'federation-token') return federatedUserArn(account, sessionName ?? '')
  return holder.kind === 'root' ? rootArn(account) : userArn(account, holder.path, holder.name)
}

/** What to know of a session that a program kept for too long. Times are session time. */
export function expiredWords(facts: SessionFacts): string {
  const { chain, proof } = facts
  const hop = chain.last ?? chain.first
  const by = hop === undefined ? proofWords(proof) : `with the key ${hop.accessKeyId} of \`${hop.arn}\``
  const lives = `was issued at ${isoSeconds(facts.issuedAt)} ${by} and expired at ${isoSeconds(facts.expiresAt)}`
  const newer =
    proof.kind === 'instance'
      ? ' The metadata service of the instance has had newer ones since; the program did not read them.'
      : ' A program that runs longer has to ask again.'
  return `The session \`${sessionArn(facts)}\` ${lives} (session time).${newer}`
}

function proofWords(proof: SessionFacts['proof']): string {
  if (proof.kind === 'web-identity') return `for a token of \`${proof.provider}\``
  if (proof.kind === 'saml') return `for an assertion of \`${proof.providerArn}\``
  if (proof.kind === 'service') return `to ${proof.service}`
  return proof.kind === 'instance' ? `to \`${proof.instanceArn}\`` : `by ${proof.kind}`
}
