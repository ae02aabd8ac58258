/** The federation lab of a seed: issuers under their real names, with keys that are made once and stay. */
import { labIssuers } from '../entities/federation.ts'
import { EVERYWHERE } from '../entities/iam.ts'
import { newLabIssuer } from '../federation/lab/issuer.ts'
import { planStep } from './plan.ts'
import type { LabSeed } from './types.ts'
import { refuse } from './work.ts'
import type { Log, Work } from './work.ts'

/** Makes issuers that are not there yet. @throws SeedRefused for an issuer that is there as another kind */
export async function ensureLab(
  wanted: LabSeed,
  log: Log,
  { store, parts }: Pick<Work, 'store' | 'parts'>,
): Promise<void> {
  for (const { kind, issuer, line } of wanted.issuers) {
    const before = await store.get(labIssuers, EVERYWHERE, issuer)
    if (before !== undefined && before.kind !== kind)
      refuse(line, 'lab', `\`${issuer}\` is played as ${before.kind} already`)
    if (before !== undefined) continue
    await store.put(labIssuers, EVERYWHERE, await newLabIssuer({ kind, issuer }, parts))
    log.steps.push(
      planStep({ action: 'create', kind: `lab issuer (${kind})`, account: '*', name: issuer, changes: [] }),
    )
  }
}
