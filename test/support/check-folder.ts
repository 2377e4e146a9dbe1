import { checkPlace } from "../../cli/maintenance/check.ts";
import type { CheckOptions } from "../../cli/maintenance/arguments.ts";

export interface Found {
  readonly check: string;
  readonly subject: string;
  readonly detail: string;
  readonly isRepaired: boolean;
}

type Said = Partial<Pick<CheckOptions, "buckets" | "isDeep" | "repair">>;

/** What `ledge check` finds in a data folder that no server has, or, by its endpoint, in a server. */
export async function findings(
  place: string | CheckOptions["place"],
  said: Said = {},
): Promise<readonly Found[]> {
  const found: Found[] = [];
  const options: CheckOptions = {
    place: typeof place === "string" ? placeOf(place) : place,
    buckets: [],
    after: undefined,
    isDeep: true,
    repair: undefined,
    isJson: false,
    ...said,
  };
  await checkPlace(options, {
    begin() {},
    finding({ name: check }, { subject, detail }, isRepaired) {
      found.push({ check, subject, detail, isRepaired });
    },
    end: () => 0,
  });
  return found;
}

function placeOf(dataFolder: string): CheckOptions["place"] {
  return {
    dataFolder,
    settings: {},
    endpoint: "",
    region: "us-east-1",
    accessKeyId: "",
    secretAccessKey: "",
  };
}
