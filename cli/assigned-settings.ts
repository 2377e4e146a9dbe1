import { UserError } from "./user-error.ts";

/** Settings by name, as `--var` gives them. @throws UserError for what is not NAME:VALUE */
export function assignedSettings(assignments: readonly string[]): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const assignment of assignments) {
    const [, name, value] = /^(\w+):(.*)$/s.exec(assignment) ?? [];
    if (name === undefined || value === undefined)
      throw new UserError(`--var ${assignment} is not NAME:VALUE`);
    settings[name] = value;
  }
  return settings;
}
