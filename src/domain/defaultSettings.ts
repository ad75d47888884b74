import { Settings } from "./Settings.ts"
import { defaults } from "./settingFields.ts"

/** The defaults. */
export const defaultSettings: Settings = defaults(Settings)
