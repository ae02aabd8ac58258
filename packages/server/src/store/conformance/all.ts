/** All laws of the store, for `runLaws`. A new adapter is right when it passes them; it writes no tests of its own. */
import './rows.ts'
import './writes.ts'
import './pictures.ts'
import './shelves.ts'
import './objects.ts'

export * from './suite.ts'
