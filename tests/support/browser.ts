/** Chromium without a window, driven by the DevTools protocol over Node's own WebSocket. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The program, where this machine has one. */
export const browserProgram = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
)

export interface Look {
  readonly width: number
  readonly height: number
  readonly scheme: 'light' | 'dark'
}

export interface Browser {
  /** Opens an address and waits until the page is there. */
  readonly open: (url: string) => Promise<void>
  /** Value of an expression in the page. */
  readonly evaluate: <T>(expression: string) => Promise<T>
  /** Types into what has the focus. */
  readonly type: (text: string) => Promise<void>
  /** Presses a key; with `loads`, waits for the page that this brings. */
  readonly press: (key: 'Tab' | 'Enter', loads?: 'loads') => Promise<void>
  /** Clicks what a selector finds and waits for the page that this brings. */
  readonly follow: (selector: string) => Promise<void>
  readonly screenshot: (file: string, look: Look) => Promise<void>
  /** What the browser complained about so far: errors of policies, of scripts, of the network. */
  readonly complaints: readonly string[]
  readonly close: () => Promise<void>
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly entry?: { readonly level: string; readonly text: string } }
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/** @throws Error when it does not start */
export async function openBrowser(program: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'understudy-browser-'))
  const child = spawn(
    program,
    ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0', `--user-data-dir=${profile}`],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const exited = once(child, 'exit')
  const socket = new WebSocket(await endpointOf(child.stderr, exited))
  await once(socket, 'open')
  const wire = speak(socket)
  const { targetId } = await wire.call<{ targetId: string }>('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await wire.call<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true })
  const call = <T>(method: string, params: object = {}) => wire.call<T>(method, params, sessionId)
  for (const domain of ['Page', 'Runtime', 'Log']) await call(`${domain}.enable`)
  return {
    ...pageHands(call, wire.next),
    complaints: wire.complaints,
    close: async () => {
      await wire.call('Browser.close')
      await exited
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function endpointOf(output: NodeJS.ReadableStream, exited: Promise<unknown>): Promise<string> {
  const found = (async () => {
    for await (const line of createInterface({ input: output })) {
      const url = /^DevTools listening on (\S+)$/.exec(line)?.[1]
      if (url !== undefined) return url
    }
    throw new Error('the browser did not say where it listens')
  })()
  return Promise.race([found, exited.then(() => Promise.reject(new Error('the browser ended at once')))])
}

type Call = <T>(method: string, params?: object) => Promise<T>

function speak(socket: WebSocket) {
  const waiting = new Map<number, (message: Message) => void>()
  const listeners = new Map<string, () => void>()
  const complaints: string[] = []
  let last = 0
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    if (message.id !== undefined) waiting.get(message.id)?.(message)
    if (message.method !== undefined) listeners.get(message.method)?.()
    const entry = message.method === 'Log.entryAdded' ? message.params?.entry : undefined
    if (entry?.level === 'error') complaints.push(entry.text)
  })
  return {
    complaints,
    call: async <T>(method: string, params: object = {}, sessionId?: string): Promise<T> => {
      const id = ++last
      const { promise, resolve } = Promise.withResolvers<Message>()
      waiting.set(id, resolve)
      socket.send(JSON.stringify({ id, method, params, sessionId }))
      const { result, error } = await promise
      waiting.delete(id)
      if (error) throw new Error(`${method}: ${error.message}`)
      return result as T
    },
    /** Resolves when this event comes the next time. */
    next: (event: string): Promise<void> => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const timer = setTimeout(() => reject(new Error(`the browser did not report ${event}`)), 20_000)
      listeners.set(event, () => {
        clearTimeout(timer)
        resolve()
      })
      return promise
    },
  }
}

const KEYS = {
  Tab: { key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 },
  Enter: { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
} as const

function pageHands(call: Call, next: (event: string) => Promise<void>): Omit<Browser, 'complaints' | 'close'> {
  const loading = async (act: () => Promise<unknown>): Promise<void> => {
    const loaded = next('Page.loadEventFired')
    await Promise.all([loaded, act()])
  }
  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = await call<{ result: { value: T }; exceptionDetails?: { text: string } }>(
      'Runtime.evaluate',
      { expression, returnByValue: true },
    )
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.text}`)
    return result.value
  }
  return {
    evaluate,
    open: (url) => loading(() => call('Page.navigate', { url })),
    type: async (text) => call('Input.insertText', { text }),
    press: async (key, loads) => {
      const act = async (): Promise<void> => {
        await call('Input.dispatchKeyEvent', { type: 'keyDown', ...KEYS[key] })
        await call('Input.dispatchKeyEvent', { type: 'keyUp', ...KEYS[key] })
      }
      await (loads === undefined ? act() : loading(act))
    },
    follow: (selector) => loading(() => evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`)),
    screenshot: async (file, { width, height, scheme }) => {
      await call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 })
      await call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
      const { data } = await call<{ data: string }>('Page.captureScreenshot', { format: 'png' })
      writeFileSync(file, Buffer.from(data, 'base64'))
    },
  }
}
