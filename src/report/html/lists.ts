import { colourOf } from "./charts/providerColour.ts"
import type { Frame } from "../Frame.ts"
import type { ReportView, Trouble } from "../report/reportSchema.ts"
import * as words from "../report/words.ts"
import { agoInWords, timeOf } from "../../domain/times.ts"
import { html, nothing, type Html } from "./Html.ts"
import { command, day, foreign, shareBar, table, tag } from "./parts.ts"

/** The square of a provider's colour, which the time line uses. */
export const swatch = (provider: string | undefined, providers: ReadonlyArray<string>): Html =>
  html`<svg class="swatch" viewBox="0 0 14 14" aria-hidden="true">
    <g class="${colourOf(provider, providers)}"><rect width="14" height="14"></rect></g>
  </svg>`

/** Each provider's jobs, and what went wrong with it most often. */
export const providers = ({ providers }: ReportView): Html => {
  const names = providers.map(({ provider }) => provider)
  return providers.length === 0
    ? nothing
    : table(
        "Providers",
        [
          { head: "Provider" },
          { head: "Jobs", isNumber: true },
          { head: "Good", isNumber: true },
          { head: "Median time", isNumber: true },
          { head: "Fallbacks to it", isNumber: true },
          { head: "Commonest fault" }
        ],
        providers.map(({ fallbacks, fault, jobs, medianMs, provider, success }) => [
          html`${swatch(provider, names)} ${foreign(provider)}`,
          jobs,
          html`<span class="beside"
            >${success === undefined ? nothing : shareBar(success)}<span class="percent"
              >${words.percent(success)}</span
            ></span
          >`,
          words.lengthWords(medianMs),
          fallbacks,
          foreign(words.faultWords(fault))
        ])
      )
}

/** What each host of the fleet did. */
export const hosts = ({ hosts = [] }: ReportView): Html =>
  hosts.length === 0
    ? nothing
    : table(
        "Hosts",
        words.HOST_HEAD.map((head, column) => ({
          head: words.titled(head),
          isNumber: words.HOST_NUMBERS.includes(column)
        })),
        hosts.map((host) => words.hostCells(host).map((cell) => foreign(cell)))
      )

/** The bugs that keep failing, each with why and what to type. */
export const failing = ({ keepsFailing }: ReportView, frame: Frame): Html =>
  keepsFailing.length === 0
    ? nothing
    : html`<ul class="cards">
        ${keepsFailing.map(
          ({ beads, jobs, last, reason, times, title }) =>
            html`<li>
              <p>
                <b>${foreign(beads)}</b>
                ${title === undefined ? html`<span class="soft">title unknown</span>` : foreign(title, 120)}
              </p>
              <p class="reason">${foreign(reason)}</p>
              <p class="soft">
                failed ${jobs}×${times === jobs ? "" : `, ${times} of them so`} · last ${timeOf(last, frame)}
                (${agoInWords(last, frame.now)})
              </p>
              <p>${command(`${frame.program} explain ${beads}`)}</p>
            </li> `
        )}
      </ul> `

const troubles = (
  mood: "bad" | "good",
  label: string,
  all: ReadonlyArray<Trouble>
): ReadonlyArray<ReadonlyArray<Html>> =>
  all.map((trouble) => [html`${tag(mood, label)} ${foreign(trouble.subject)}`, foreign(words.troubleWords(trouble))])

/** What is new since the night before, and what is gone. */
export const difference = ({ difference: found }: ReportView): Html => {
  if (found === undefined) return nothing
  const { before, fresh, gone, night } = found
  const rows = [...troubles("bad", "new", fresh), ...troubles("good", "gone", gone)]
  const nights = html`<p class="note">The night of ${day(night)} against the night of ${day(before)}.</p> `
  return rows.length === 0
    ? html`${nights}
        <p>The same went well, and the same went wrong.</p>`
    : html`${nights}${table("What is new, and what is gone", [{ head: "What" }, { head: "Why" }], rows)}`
}

/** What could not be read. */
export const notes = ({ notes }: ReportView): Html =>
  notes.length === 0
    ? nothing
    : html`<ul>
        ${notes.map((note) => html`<li>${foreign(note, 1000)}</li> `)}
      </ul> `
