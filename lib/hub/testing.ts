/**
 * For tests: a hub on this machine that behaves as the real one does (API, pages of a listing, redirects of large files to a
 * server of their own, byte ranges) and fails on demand.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { sha256 } from "../core/json.ts";
import type { Hub } from "./hub.ts";

/** What goes wrong with the next request for a file's content. */
export type Fault = "status 500" | "cut" | "ignore range" | "corrupt" | "silence";

/** A hub that runs until it is disposed of. */
export interface StandIn extends AsyncDisposable {
  /** How to ask it; it does not pause, and loses patience where the server is silent, at once and nowhere else. */
  readonly hub: Hub;
  /** Requests so far: method, path, and the range if there was one. */
  readonly requests: string[];
  /** The tokens that the server of large files has seen; there should be none. */
  readonly leaked: string[];
  /** Used up from the front, one for each request for content. */
  readonly faults: Fault[];
  /** Milliseconds that were paused so far. */
  readonly pauses: number[];
}

/** The commit that `main` stands for. */
export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** Options for {@linkcode startHub}. */
export interface StandInOptions {
  /** Token that every request must have. Default: none is needed. */
  gate?: string;
  /** Where redirects lead: another name than 127.0.0.1 needs a permission of its own. */
  fileHost?: string;
}

/**
 * Starts a hub. A repository holds the files whose paths begin with its name and a colon, `owner/name:path`; where there are no
 * such files, it holds all there are. Files that end in `.bin`, `.parquet` or `.safetensors` are kept by Git LFS: a server of
 * their own sends them.
 *
 * @param files contents by path.
 * @param options what is unlike the usual.
 * @returns the hub.
 */
export function startHub(
  files: Record<string, Uint8Array | string>,
  { gate, fileHost = "127.0.0.1" }: StandInOptions = {},
): StandIn {
  const [requests, leaked, faults, pauses] = [[], [], [], []] as [
    string[],
    string[],
    Fault[],
    number[],
  ];
  const contents = new Map(Object.entries(files).map(([path, data]) => [path, bytesOf(data)]));
  const paths = [...contents.keys()];
  /** What stands before the path of a repository's files. */
  const prefixOf = (repository: string) =>
    paths.some((path) => path.startsWith(`${repository}:`)) ? `${repository}:` : "";
  const silent: { end(): void }[] = [];
  const alarms = new Set<() => void>();

  const note = (request: Request) => {
    const { pathname } = new URL(request.url);
    requests.push([request.method, pathname, request.headers.get("range") ?? ""].join(" ").trim());
  };
  const send = (path: string, request: Request): Response | Promise<Response> => {
    const fault = faults.shift();
    if (fault === "status 500") return new Response("busy", { status: 500 });
    if (fault === "silence") {
      alarms.forEach((ring) => ring());
      return new Promise((answer) => silent.push({ end: () => answer(new Response()) }));
    }
    const whole = contents.get(path)!;
    const range = fault === "ignore range"
      ? null
      : /^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "");
    const start = range ? Number(range[1]) : 0;
    const data = whole.slice(start);
    if (fault === "corrupt") data[0] ^= 1;
    const body = fault === "cut" ? cutBody(data.subarray(0, Math.ceil(data.length / 2))) : data;
    return new Response(body, {
      status: range ? 206 : 200,
      headers: {
        "Content-Length": String(data.length),
        ...range && { "Content-Range": `bytes ${start}-${whole.length - 1}/${whole.length}` },
      },
    });
  };
  const onLoopback = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const fileServer = Deno.serve(onLoopback, (request) => {
    note(request);
    const token = request.headers.get("authorization");
    if (token !== null) leaked.push(token);
    return send(decodeURIComponent(new URL(request.url).pathname.slice(1)), request);
  });
  const server = Deno.serve(onLoopback, (request) => {
    note(request);
    const url = new URL(request.url);
    if (gate !== undefined && request.headers.get("authorization") !== `Bearer ${gate}`) {
      return refuse(401, "GatedRepo");
    }
    const [, repository, api, revision = "", rest = ""] =
      /^(?:\/api)?\/(?:(?:datasets|models)\/)?(.+)\/(revision|tree|resolve)\/([^/]+)\/?(.*)$/
        .exec(url.pathname)?.map((part) => decodeURIComponent(part ?? "")) ?? [];
    if (api === undefined || url.pathname.includes("/missing/")) return refuse(404, "RepoNotFound");
    if (!["main", COMMIT].includes(revision)) return refuse(404, "RevisionNotFound");
    if (api === "revision") return Response.json({ _id: "1", id: "a/b", sha: COMMIT });
    const prefix = prefixOf(repository);
    if (api === "tree") return listingPage(filesBehind(prefix, contents), url);
    const path = prefix + rest;
    if (!contents.has(path)) return refuse(404, "EntryNotFound");
    if (!isLarge(path)) return send(path, request);
    return Response.redirect(`http://${fileHost}:${fileServer.addr.port}/${path}`);
  });
  const pause = (milliseconds: number) => Promise.resolve(void pauses.push(milliseconds));
  const alarm = (ring: () => void) => {
    alarms.add(ring);
    return () => void alarms.delete(ring);
  };
  return {
    hub: { url: `http://127.0.0.1:${server.addr.port}`, patience: 60_000, pause, alarm },
    requests,
    leaked,
    faults,
    pauses,
    async [Symbol.asyncDispose]() {
      silent.forEach(({ end }) => end());
      await Promise.all([server.shutdown(), fileServer.shutdown()]);
    },
  };
}

const bytesOf = (data: Uint8Array | string): Uint8Array<ArrayBuffer> =>
  typeof data === "string" ? new TextEncoder().encode(data) : Uint8Array.from(data);

const isLarge = (path: string) => /\.(bin|parquet|safetensors)$/.test(path);

const refuse = (status: number, code: string) =>
  Response.json({ error: code }, { status, headers: { "X-Error-Code": code } });

/** Those whose paths begin with a prefix, without it. */
function filesBehind(
  prefix: string,
  contents: ReadonlyMap<string, Uint8Array>,
): Map<string, Uint8Array> {
  const own = [...contents].filter(([path]) => path.startsWith(prefix));
  return new Map(own.map(([path, data]) => [path.slice(prefix.length), data]));
}

/** Two entries of the listing, and where the next two are. */
function listingPage(contents: Map<string, Uint8Array>, url: URL): Response {
  const from = Number(url.searchParams.get("cursor") ?? 0);
  const entries = [...contents].map(([path, data]) => ({
    type: "file",
    path,
    size: data.length,
    oid: createHash("sha1").update(`blob ${data.length}\0`).update(data).digest("hex"),
    ...isLarge(path) && { lfs: { oid: sha256(data), size: data.length, pointerSize: 130 } },
  }));
  const page = [{ type: "directory", path: "data", size: 0, oid: "" }, ...entries];
  const next = new URL(url);
  next.searchParams.set("cursor", String(from + 2));
  const more: Record<string, string> = from + 2 < page.length
    ? { Link: `<${next}>; rel="next"` }
    : {};
  return Response.json(page.slice(from, from + 2), { headers: more });
}

/** A body that ends before its announced length, which breaks the connection. */
function cutBody(data: Uint8Array): ReadableStream {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(data);
      controller.close();
    },
  });
}
