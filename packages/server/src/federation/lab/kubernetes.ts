/** Claims of a projected service-account token. Kubernetes documentation, "Managing Service Accounts". */
import { uuid } from '../../domain/chance.ts'
import { LabRefused } from './request.ts'
import type { Claims, KubernetesPod, Moment } from './request.ts'

/** What the EKS webhook asks for. */
const KUBERNETES_SECONDS = 86_400

/** @throws LabRefused for names that Kubernetes would not take */
export function kubernetesClaims(pod: KubernetesPod, { now, chance }: Moment): Claims {
  for (const [what, name] of [
    ['namespace', pod.namespace],
    ['service account', pod.serviceAccount],
  ] as const)
    if (!/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(name))
      throw new LabRefused(`\`${name}\` is no name of a ${what}: small letters, digits, points and hyphens`)
  return {
    aud: ['sts.amazonaws.com'],
    exp: now + KUBERNETES_SECONDS,
    iat: now,
    jti: uuid(chance),
    'kubernetes.io': {
      namespace: pod.namespace,
      pod: { name: pod.pod ?? `${pod.serviceAccount}-0`, uid: uuid(chance) },
      serviceaccount: { name: pod.serviceAccount, uid: uuid(chance) },
    },
    nbf: now,
    sub: `system:serviceaccount:${pod.namespace}:${pod.serviceAccount}`,
  }
}
