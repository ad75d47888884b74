import { shortMark, shownName, typedName, type Host } from "../../domain/Host.ts"
import type { HostChange, HostsReport } from "../../domain/HostsReport.ts"
import type { Mark } from "../../domain/Identity.ts"
import { pauseInWords } from "../../domain/Pause.ts"
import { oneLine } from "../../domain/Text.ts"
import { inWords, timeOf } from "../../domain/times.ts"
import { widthIn, type Frame } from "../../report/Frame.ts"
import { cutTo, wrapTo } from "../../report/text/display.ts"
import { table } from "../../report/text/table.ts"

/** How long ago a host was seen. */
export const agoText = (seenAgo: number): string => (seenAgo < 1000 ? "just now" : `${inWords(seenAgo)} ago`)

/** The largest unit of it, for a column. */
const shortly = (seenAgo: number): string =>
  seenAgo < 1000 ? "now" : inWords(seenAgo).split(" ").slice(0, 2).join(" ")

const wrapped = (frame: Frame, text: string): ReadonlyArray<string> => wrapTo(widthIn(frame), oneLine(text, 600))

const HEAD = ["", "host", "state", "version", "seen ago", "free", "open", "tags"]
/** The columns but for the names and the tags, with the spaces between all. */
const OTHERS = 46
const SHORTEST_NAME = 12
const FREE = 5
const OPEN = 6

const attemptsInWords = (count: number): string => (count === 1 ? "1 attempt" : `${count} attempts`)

/** What becomes of the open attempts of an evicted host. */
const settling = ({ name, open, othersSettleIn }: Host, { now, zone }: Frame): string => {
  if (open === 0) return "No attempt of it is open."
  const [has, them] = open === 1 ? ["is", "it"] : ["are", "them"]
  const when = othersSettleIn === 0 ? "" : ` from ${timeOf(now + othersSettleIn, { now, zone })} on`
  return (
    `${attemptsInWords(open)} of it ${has} open: the next run of another host${when} settles ${them} and releases ` +
    `what ${open === 1 ? "it claims" : "they claim"}. Worktrees and logs stay on ${name}.`
  )
}

/** What a line of the table cannot say of a host. */
const notesOf = (host: Host, hosts: ReadonlyArray<Host>, frame: Frame): ReadonlyArray<string> => {
  const { paused, reason, state } = host
  const name = shownName(hosts, host)
  if (state === "evicted") {
    const why = reason === undefined ? "" : `: ${reason}`
    return [
      `${name} was evicted${why}. ${settling(host, frame)} The way back: ${frame.program} hosts admit ${typedName(hosts, host)}`
    ]
  }
  return paused === undefined || typeof paused.covers !== "object" ? [] : [`${name}: ${pauseInWords(paused, frame)}`]
}

const aboutAll = (hosts: ReadonlyArray<Host>, frame: Frame): ReadonlyArray<string> => {
  const all = hosts.flatMap(({ paused }) => (paused === undefined || typeof paused.covers === "object" ? [] : [paused]))
  const [pause] = all
  const twice = new Set(hosts.filter((host) => shownName(hosts, host) !== host.name).map(({ name }) => name))
  return [
    ...(pause === undefined ? [] : [`all hosts: ${pauseInWords(pause, frame)}`]),
    ...[...twice].map(
      (name) =>
        `Several hosts are called ${name}. Give each its own name: host.name in the settings. Here their marks tell them apart.`
    )
  ]
}

const rowOf = (host: Host, hosts: ReadonlyArray<Host>, here: Mark | null, longest: number): ReadonlyArray<string> => {
  const isTwice = shownName(hosts, host) !== host.name
  const mark = isTwice ? ` ${shortMark(host.mark)}` : ""
  return [
    host.mark === here ? "*" : "",
    `${cutTo(longest - mark.length, host.name)}${mark}`,
    host.state === "evicted" ? "EVICTED" : host.state,
    cutTo(8, host.version),
    shortly(host.seenAgo),
    host.freePlaces === undefined ? "-" : String(host.freePlaces),
    String(host.open),
    host.tags.join(" ")
  ]
}

const ALONE = (journal: string): string =>
  `The journal is this host's alone: ${journal}. Hosts that share one keep it on Postgres: name an empty database in the setting ` +
  "journal of each, and let nightly-dispatch journal copy move the records of one there."

/** A table with a line for each host. Below it stands why a host is paused or evicted. */
export const renderHosts = ({ here, hosts, isShared, journal }: HostsReport, frame: Frame): string => {
  if (!isShared) return wrapped(frame, ALONE(journal)).join("\n")
  if (hosts.length === 0)
    return wrapped(frame, `${journal}: no host has used it yet. The first run enters its host.`).join("\n")
  const longest = Math.max(
    SHORTEST_NAME,
    widthIn(frame) - OTHERS - Math.max(4, ...hosts.map(({ tags }) => Math.min(20, tags.join(" ").length)))
  )
  const rows = hosts.map((host) => rowOf(host, hosts, here, longest))
  return [
    ...wrapped(
      frame,
      `${hosts.length === 1 ? "1 host uses" : `${hosts.length} hosts share`} ${journal}${here === null ? "" : " (*: this host)"}`
    ),
    table(HEAD, rows, widthIn(frame), [FREE, OPEN]),
    ...[...aboutAll(hosts, frame), ...hosts.flatMap((host) => notesOf(host, hosts, frame))].flatMap((note) =>
      wrapped(frame, note)
    )
  ].join("\n")
}

/** What becomes of jobs whose host was evicted and lives on without its watcher. */
const TWO_JOBS =
  "A job that its watcher cannot end goes on, and its bug may get a second one: evict only a host of which you know that it is dead or off."

/** What an eviction or its end came to, and what follows. */
export const renderHostChange = (
  { host, result }: HostChange,
  was: Pick<Host, "state" | "reason">,
  hosts: ReadonlyArray<Host>,
  frame: Frame
): string => {
  const name = shownName(hosts, host)
  const typed = typedName(hosts, host)
  const why = was.reason === undefined ? "" : `: ${was.reason}`
  const lines = {
    evicted: () => [
      `evicted ${name}${host.reason === undefined ? "" : `: ${host.reason}`}`,
      `It was seen ${agoText(host.seenAgo)}. What its processes write from now on is refused, and its watcher ends its jobs within 30 seconds, if it lives and reaches the journal.`,
      TWO_JOBS,
      settling(host, frame),
      `The way back: ${frame.program} hosts admit ${typed}`
    ],
    would_evict: () => [
      `would evict ${name}, which was seen ${agoText(host.seenAgo)}`,
      "What its processes write would be refused, and its watcher would end its jobs within 30 seconds, if it lives and reaches the journal.",
      TWO_JOBS,
      settling(host, frame)
    ],
    admitted: () => [
      `admitted ${name}: its next run works again. It was evicted${why}`,
      "Its processes from before the eviction stay refused."
    ],
    unchanged: () => [
      was.state === "evicted" ? `${name} was evicted already${why}` : `${name} is not evicted: there is nothing to do`,
      ...(was.state === "evicted" ? [settling(host, frame), `The way back: ${frame.program} hosts admit ${typed}`] : [])
    ]
  }
  return lines[result]()
    .flatMap((line) => wrapped(frame, line))
    .join("\n")
}
