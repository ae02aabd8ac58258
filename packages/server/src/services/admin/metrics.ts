/** Figures of this process in the Prometheus text format (prometheus.io, "Exposition formats", version 0.0.4). */
import type { Journal } from '../../authorization/journal.ts'
import { outcome } from './explanation.ts'
import type { AdminParts } from './parts.ts'

export interface DecisionCounts {
  /** Labels in Prometheus form → how many. */
  readonly counts: ReadonlyMap<string, number>
}

/** Counts decisions from now on. Labels come from tables of ours (services, verdicts, codes), so they stay few. */
export function countDecisions(journal: Journal): DecisionCounts {
  const counts = new Map<string, number>()
  journal.onEntry((entry) => {
    const { verdict, code } = outcome(entry)
    const labels = `service="${escaped(entry.service)}",verdict="${verdict}",code="${escaped(code ?? '')}"`
    counts.set(labels, (counts.get(labels) ?? 0) + 1)
  })
  return { counts }
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** @param ready whether the store answers */
export function metricsText(parts: AdminParts, decisions: DecisionCounts, ready: boolean): string {
  const memory = process.memoryUsage()
  const cpu = process.cpuUsage()
  return [
    ...family('understudy_info', 'gauge', 'Version of the server.', [[`version="${escaped(parts.info.version)}"`, 1]]),
    ...family('understudy_ready', 'gauge', '1 while requests can be answered.', [['', ready ? 1 : 0]]),
    ...family('understudy_decisions_total', 'counter', 'Decisions since the start.', [...decisions.counts]),
    ...family('understudy_clock_offset_seconds', 'gauge', 'How far session time is ahead.', [
      ['', parts.clock.offset() / 1000],
    ]),
    ...family('process_resident_memory_bytes', 'gauge', 'Resident memory.', [['', memory.rss]]),
    ...family('process_heap_bytes', 'gauge', 'Used heap.', [['', memory.heapUsed]]),
    ...family('process_cpu_seconds_total', 'counter', 'CPU time, user and system.', [
      ['', (cpu.user + cpu.system) / 1e6],
    ]),
    ...family('process_uptime_seconds', 'gauge', 'Since the start of the process.', [['', process.uptime()]]),
    '',
  ].join('\n')
}

function family(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: readonly (readonly [labels: string, value: number])[],
): readonly string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}`),
  ]
}
