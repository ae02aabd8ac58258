/** Stands in for `node:test` while mutants are tried: tests are collected, and run by whoever asked for them. */

type Body = (context: { readonly diagnostic: (text: string) => void }) => unknown

export interface Collected {
  readonly name: string
  readonly body: Body
}

let collected: Collected[] = []

/** Tests defined since the last call. */
export function takeCollected(): readonly Collected[] {
  const taken = collected
  collected = []
  return taken
}

export function test(name: string, second: Body | { readonly skip?: unknown }, third?: Body): void {
  if (typeof second === 'function') collected.push({ name, body: second })
  else if (!second.skip && third) collected.push({ name, body: third })
}
