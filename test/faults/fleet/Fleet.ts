import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { Server } from "../../postgres/server.ts"
import { bug, PROGRAMS } from "../machine/Machine.ts"
import { isAlive } from "../machine/processes.ts"
import { trackerFile } from "../machine/toolLogs.ts"
import { kill, textOf, until } from "../machine/WorldMachine.ts"
import { newDatabase, timePasses, type Admin } from "./admin.ts"
import { Host } from "./Host.ts"
import { makeWire } from "./wire.ts"

export const BUGS = { "bd-1": "the parser loses a row", "bd-2": "totals are rounded twice" } as const

/** Works until the test ends its wait; then leaves work. */
const AGENT_WORK = `echo "begins $id $$ $(readlink /proc/self/ns/net)" >>"$root/agents.log"
sleep 3000 9>&- &
echo $! >"$root/sleeps/$id.$$"
wait
echo done >work.txt
echo "ends $id $$" >>"$root/agents.log"
exit 0
`

/**
 * A host that hangs or is frozen holds its transaction open. The database ends that after this time, so a cell need not wait for the
 * 15 seconds that we give a real one.
 */
const SHORT_LIMITS = "-c idle_in_transaction_session_timeout=1500 -c statement_timeout=4000 -c lock_timeout=3500"

/** The word that an agent wrote when it began or ended its work. */
interface AgentLine {
  readonly word: string
  readonly id: string
  readonly pid: number
  /** The network namespace in which it began. */
  readonly network: string
}

interface FleetOptions {
  /** So long a host waits for an answer of the database, in milliseconds. */
  readonly answersWithin?: number | undefined
  /** The hosts need no port: they reach the database by a Unix socket, and their tools are programs. */
  readonly withoutNetwork?: boolean | undefined
  /** Variables of each host. */
  readonly env?: Readonly<Record<string, string>>
}

/** Three hosts that share a tracker and a database. */
export class Fleet {
  readonly root: string
  readonly hosts: ReadonlyArray<Host>
  readonly admin: Admin
  readonly #server: Server

  private constructor(root: string, hosts: ReadonlyArray<Host>, admin: Admin, server: Server) {
    this.root = root
    this.hosts = hosts
    this.admin = admin
    this.#server = server
  }

  static async make(
    server: Server,
    { answersWithin = 40_000, env = {}, withoutNetwork = false }: FleetOptions = {}
  ): Promise<Fleet> {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "nd-fleet-"))
    for (const name of ["beads", "working", "sleeps"]) fs.mkdirSync(path.join(root, name))
    fs.writeFileSync(path.join(root, "behaviour"), AGENT_WORK)
    const issues = Object.fromEntries(Object.entries(BUGS).map(([id, title]) => [id, bug(id, title)]))
    fs.writeFileSync(trackerFile(root), JSON.stringify({ issues, calls: {} }))
    fs.writeFileSync(path.join(root, "beads/metadata.json"), '{"database":"fake-bd.json"}\n')
    const admin = await newDatabase(server)
    const hosts: Array<Host> = []
    for (const name of ["vm-1", "vm-2", "vm-3"]) {
      const sockets = path.join(root, name)
      fs.mkdirSync(sockets)
      const wire = await makeWire(server.port, withoutNetwork ? sockets : undefined)
      const journal = new URL(wire.through(admin.address))
      journal.searchParams.set("query_timeout", String(answersWithin))
      journal.searchParams.set("options", SHORT_LIMITS)
      const own = {
        NIGHTLY_DISPATCH_JOURNAL: journal.href,
        // The first begins one bug, so that its steps are those of one attempt. Each of the others has room for all.
        NIGHTLY_DISPATCH_LIMITS_MAX_DISPATCHES: hosts.length === 0 ? "1" : "2",
        ...(withoutNetwork ? { PATH: PROGRAMS } : {})
      }
      hosts.push(new Host(name, root, wire, { ...own, ...env }))
    }
    return new Fleet(root, hosts, admin, server)
  }

  /** The database's clock goes on by this many milliseconds. */
  timePasses(millis: number): Promise<void> {
    return timePasses(this.admin, millis)
  }

  /** Ends every connection of a host at the database. */
  async terminate({ wire }: Host): Promise<void> {
    const ports = wire.ports()
    if (ports.length === 0) return
    await this.admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port IN (${ports.join()})`
    )
  }

  /** Says that a host is gone. */
  async evict(host: Host): Promise<void> {
    const { name } = host
    host.isGone = true
    await this.admin.query(
      `UPDATE hosts SET state = 'evicted', epoch = epoch + 1, reason = 'it does not answer' WHERE name = '${name}'`
    )
  }

  /** Lets an evicted host work again. */
  async admit(host: Host): Promise<void> {
    host.isGone = false
    await this.admin.query(`UPDATE hosts SET state = 'active', reason = NULL WHERE name = '${host.name}'`)
  }

  restart(): Promise<void> {
    return this.#server.restart()
  }

  /** What agents wrote. */
  agentLines(): ReadonlyArray<AgentLine> {
    const lines = textOf(path.join(this.root, "agents.log")).split("\n").slice(0, -1)
    return lines.map((line) => {
      const [word = "", id = "", pid, network = ""] = line.split(" ")
      return { word, id, pid: Number(pid), network }
    })
  }

  /** The bugs at which an agent began while another one was at work. */
  overlaps(): ReadonlyArray<string> {
    return textOf(path.join(this.root, "overlaps")).split("\n").slice(0, -1)
  }

  /** The bugs with a live agent. */
  running(): ReadonlyArray<string> {
    const ended = new Set(this.agentLines().flatMap(({ pid, word }) => (word === "ends" ? [pid] : [])))
    return this.agentLines().flatMap(({ id, pid, word }) =>
      word === "begins" && !ended.has(pid) && isAlive(pid) ? [id] : []
    )
  }

  /** Lets every agent leave its work and end well, and waits for it. */
  async agentsEnd(): Promise<void> {
    await until(() => {
      for (const name of fs.readdirSync(path.join(this.root, "sleeps"))) {
        const pid = Number(textOf(path.join(this.root, "sleeps", name)))
        if (pid > 1 && isAlive(pid)) kill(pid)
      }
      return this.running().length === 0 && this.hosts.every((host) => host.agents().length === 0)
    }, 5_000)
  }

  async remove(): Promise<ReadonlyArray<string>> {
    const problems: Array<string> = []
    for (const host of this.hosts) {
      problems.push(...(await host.remove()).map((problem) => `${host.name}: ${problem}`))
      host.wire.close()
    }
    await this.admin.close()
    fs.rmSync(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    return problems
  }
}
