/** The source files of the project, read once, for the checks of this folder. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface SourceFile {
  /** Relative to the root, with slashes. */
  readonly path: string
  readonly text: string
}

const PATTERNS = ['packages/*/src/**/*.ts', 'packages/*/bin/*.js', 'tests/**/*.ts', 'tools/**/*.{ts,js}']

export const files: readonly SourceFile[] = globSync(PATTERNS, {
  cwd: ROOT,
  exclude: ['**/node_modules/**', '**/target/**'],
})
  .map((path) => path.replaceAll('\\', '/'))
  .toSorted()
  .map((path) => ({ path, text: readFileSync(resolve(ROOT, path), 'utf8') }))

export const isTest = ({ path }: SourceFile): boolean =>
  path.endsWith('.test.ts') ||
  /(^|\/)(testing|conformance|support)\/|\/(testing|fixture|fixtures)\.ts$/.test(path) ||
  path.startsWith('tests/')

/** Tables written by a generator: exempt from limits of length. */
export const isGenerated = ({ path }: SourceFile): boolean => /\/model\/[a-z0-9-]+-(table|types)\.ts$/.test(path)

/** Modules that a file names in its imports and exports, types and values alike. */
export const importsOf = ({ text }: SourceFile): readonly string[] =>
  [...text.matchAll(/(?:^(?:import|export)\b[^'"`;]*?\bfrom|^import|\bimport\()\s*'([^']+)'/gm)].map(
    (match) => match[1] ?? '',
  )
