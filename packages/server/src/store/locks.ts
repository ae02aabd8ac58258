/** Locks of accounts within this process: first come, first served, several at once without deadlock. */

export interface AccountLocks {
  /** Runs `use` while it holds all the accounts. */
  readonly hold: <R>(accounts: readonly string[], use: () => Promise<R>) => Promise<R>
}

export function createAccountLocks(): AccountLocks {
  /** What the next one to ask for an account waits for. */
  const tails = new Map<string, Promise<void>>()
  return {
    hold: async (accounts, use) => {
      const before = accounts.flatMap((account) => tails.get(account) ?? [])
      const { promise: released, resolve: release } = Promise.withResolvers<void>()
      // All accounts are queued for in one step, so two writes queue in the same order everywhere.
      for (const account of accounts) tails.set(account, released)
      try {
        await Promise.all(before)
        return await use()
      } finally {
        for (const account of accounts) if (tails.get(account) === released) tails.delete(account)
        release()
      }
    },
  }
}
