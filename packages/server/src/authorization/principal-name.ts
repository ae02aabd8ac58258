/** How a principal is named to people and in refusals. */
import type { Principal } from '@understudy/policy'

/** The ARN of a signed caller, the name of a service, or a word. */
export function nameOfPrincipal(principal: Principal): string {
  switch (principal.kind) {
    case 'anonymous':
      return 'anonymous'
    case 'service':
      return principal.name
    case 'web-identity':
      return principal.providerArn ?? principal.provider
    case 'saml':
      return principal.providerArn
    default:
      return principal.arn
  }
}

export const accountOfPrincipal = (principal: Principal): string | undefined =>
  'accountId' in principal ? principal.accountId : undefined
