/** The tunables of the service, checked once at start. */
import type { ImdsSettings } from './types.ts'

/** A document that is shown must have this long to live: below, botocore believes its own later time (docs/imds.md). */
export const SHOWN_LIFE_MINIMUM_SECONDS = 30 * 60
const USUAL_LIFETIME_SECONDS = 6 * 3600
const USUAL_JITTER_SECONDS = 35 * 60
const USUAL_PERIOD_SECONDS = 3600
/** AWS's longest session. */
const LIFETIME_MAXIMUM_SECONDS = 12 * 3600

/** The same settings with nothing left open. */
export type CheckedSettings = Required<ImdsSettings>

/** @throws RangeError when documents could be shown with less than half an hour to live */
export function checkedSettings(settings: ImdsSettings = {}): CheckedSettings {
  const lifetimeSeconds = settings.lifetimeSeconds ?? USUAL_LIFETIME_SECONDS
  const periodSeconds = settings.periodSeconds ?? USUAL_PERIOD_SECONDS
  const jitterSeconds =
    settings.jitterSeconds ?? (lifetimeSeconds === USUAL_LIFETIME_SECONDS ? USUAL_JITTER_SECONDS : 0)
  const requestsPerSecond = settings.requestsPerSecond ?? 250
  const connectionsMax = settings.connectionsMax ?? 128
  for (const [name, value, least] of [
    ['lifetimeSeconds', lifetimeSeconds, 1],
    ['periodSeconds', periodSeconds, 60],
    ['jitterSeconds', jitterSeconds, 0],
    ['requestsPerSecond', requestsPerSecond, 1],
    ['connectionsMax', connectionsMax, 1],
  ] as const)
    if (!Number.isSafeInteger(value) || value < least)
      throw new RangeError(`\`${name}\` must be a whole number, at least ${least}`)
  if (lifetimeSeconds - periodSeconds < SHOWN_LIFE_MINIMUM_SECONDS)
    throw new RangeError(
      `\`lifetimeSeconds\` must exceed \`periodSeconds\` by ${SHOWN_LIFE_MINIMUM_SECONDS}: clients misjudge credentials that are shown with less to live`,
    )
  if (lifetimeSeconds + jitterSeconds > LIFETIME_MAXIMUM_SECONDS)
    throw new RangeError(`\`lifetimeSeconds\` and \`jitterSeconds\` may give ${LIFETIME_MAXIMUM_SECONDS} at most`)
  return {
    lifetimeSeconds,
    periodSeconds,
    jitterSeconds,
    requestsPerSecond,
    connectionsMax,
    immediate: settings.immediate ?? false,
    hostNames: settings.hostNames ?? [],
    wildcardBind: settings.wildcardBind ?? false,
  }
}
