/** Which `Host` names are accepted, and which addresses may be bound. */
import { isIPv4, isIPv6 } from 'node:net'
import type { Instance } from '../entities/ec2.ts'
import type { CheckedSettings } from './settings.ts'

const ALWAYS = ['169.254.169.254', '[fd00:ec2::254]', '127.0.0.1', 'localhost', '[::1]']
/** Names by which containers reach their host. */
const FROM_CONTAINERS = ['host.docker.internal', 'gateway.docker.internal', 'host.containers.internal']

/** The names that a request may carry in `Host`, in lower case, without a port. */
export function acceptedHosts(instance: Instance, settings: CheckedSettings): readonly string[] {
  const bound = readAddress(instance.listen)?.host
  const own = bound === undefined || isWildcard(bound) ? [] : [isIPv6(bound) ? `[${bound}]` : bound]
  const containers = instance.reachableFrom === 'containers' ? FROM_CONTAINERS : []
  return [...new Set([...ALWAYS, ...own, ...containers, ...settings.hostNames.map((name) => name.toLowerCase())])]
}

/**
 * A page in a browser may have its name point here (DNS rebinding) but cannot choose `Host`.
 * @param header absent only with HTTP/1.0, which no browser speaks
 */
export function isAcceptedHost(header: string | undefined, accepted: readonly string[]): boolean {
  if (header === undefined) return true
  return accepted.includes(header.toLowerCase().replace(/:\d{1,5}$/, ''))
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Reads `127.0.0.1:1338` or `[::1]:1338`. */
export function readAddress(listen: string): ListenAddress | undefined {
  const found = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+|localhost)):(\d{1,5})$/.exec(listen)
  const host = found?.[1] ?? (found?.[2] === 'localhost' ? '127.0.0.1' : found?.[2])
  const port = Number(found?.[3])
  if (host === undefined || !(port <= 65_535)) return undefined
  return isIPv4(host) || isIPv6(host) ? { host, port } : undefined
}

/** Why an instance may not listen where its row says; `undefined` when it may. */
export function bindProblem(instance: Instance, settings: CheckedSettings): string | undefined {
  const address = readAddress(instance.listen)
  if (address === undefined)
    return `\`${instance.listen}\` is not an address and port such as \`127.0.0.1:1338\` or \`[::1]:1338\`.`
  if (isWildcard(address.host))
    return settings.wildcardBind
      ? undefined
      : `\`${address.host}\` would offer the credentials of ${instance.id} to every network. Name one address.`
  if (isLocal(address.host) || instance.reachableFrom === 'containers') return undefined
  return `\`${address.host}\` is neither loopback nor link-local. Declare the instance reachable from containers to use it.`
}

const isWildcard = (host: string): boolean => host === '0.0.0.0' || /^[0:]+$/.test(host)

const isLocal = (host: string): boolean =>
  host.startsWith('127.') || host.startsWith('169.254.') || host === '::1' || /^(fe[89ab]|fd00:ec2:)/i.test(host)
