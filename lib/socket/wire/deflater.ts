/**
 * Messages become compressed frames (RFC 7692 §7.2.1).
 *
 * @module
 */
import type { Batch } from "../../framing/batch.ts";
import type { Compression } from "./deflate_offer.ts";
import { LONGEST_HEADER, type WrittenFrames, writeHeader, writeFrame } from "./frame_writer.ts";
import { takeWriteBuffer } from "./write_buffer.ts";
import { ZlibStream } from "./zlib_stream.ts";
