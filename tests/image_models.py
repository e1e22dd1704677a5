"""Image models small enough for tests: a diffusers pipeline of random weights, and a ComfyUI."""

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import torch
from PIL import Image

WORKFLOW = {
    "3": {"class_type": "KSampler", "inputs": {"seed": "%seed%", "steps": 2, "model": ["4", 0]}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "tiny.safetensors"}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "flat shapes: %prompt%"}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0]}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "nexus"}},
}


def tiny_pipeline(folder: Path, *, seed: int = 0) -> Path:
    """Save a Stable Diffusion of 120,000 random weights: 16 x 16 pixels of noise."""
    from diffusers import (
        AutoencoderKL,
        DDIMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    ends = [f"{sign}</w>" for sign in (*letters, ",", ".", ";")]
    pieces = ["<|startoftext|>", "<|endoftext|>", *letters, *ends]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        unet = UNet2DConditionModel(
            sample_size=8,
            down_block_types=("CrossAttnDownBlock2D",),
            up_block_types=("CrossAttnUpBlock2D",),
            block_out_channels=(16,),
            layers_per_block=1,
            cross_attention_dim=16,
            attention_head_dim=4,
            norm_num_groups=4,
        )
        vae = AutoencoderKL(
            block_out_channels=(8, 16),
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            norm_num_groups=4,
        )
        text = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(pieces),
                hidden_size=16,
                intermediate_size=24,
                num_hidden_layers=1,
                num_attention_heads=2,
                bos_token_id=0,
                eos_token_id=1,
                pad_token_id=1,
            )
        )
    StableDiffusionPipeline(
        unet=unet,
        vae=vae,
        text_encoder=text,
        tokenizer=tokenizer,
        scheduler=DDIMScheduler(clip_sample=False, set_alpha_to_one=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    return folder


class ComfyServer(ThreadingHTTPServer):
    """Speaks ComfyUI's protocol: a queue, a history, files; a picture follows from the job alone.

    ``trouble`` makes it do what a real one does on a bad day.
    """

    def __init__(self, trouble: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.trouble = trouble
        self.jobs: list[dict[str, Any]] = []
        self.polls: dict[str, int] = {}
        self.viewed: list[dict[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    server: ComfyServer

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""

    def do_GET(self) -> None:
        where = urlsplit(self.path)
        if where.path == "/system_stats" and self.server.trouble != "another program":
            self.reply({"system": {"comfyui_version": "0.3.75"}, "devices": []})
        elif where.path.startswith("/history/"):
            self.reply(self.history(where.path.removeprefix("/history/")))
        elif where.path == "/view":
            query = {name: values[0] for name, values in parse_qs(where.query).items()}
            self.server.viewed.append(query)
            self.view(query["filename"])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/prompt":
            self.send_error(404)
        elif self.server.trouble == "refused":
            details = "ckpt_name: 'tiny.safetensors' not in ['big.safetensors']"
            errors = [{"type": "value_not_in_list", "message": "Value not in list"}]
            node = {"errors": [{**errors[0], "details": details}], "class_type": "Loader"}
            told = {"type": "prompt_outputs_failed_validation", "message": "failed validation"}
            self.reply({"error": told, "node_errors": {"4": node}}, 400)
        else:
            self.server.jobs.append(body["prompt"])
            ticket = f"job-{len(self.server.jobs) - 1}"
            self.reply({"prompt_id": ticket, "number": len(self.server.jobs), "node_errors": {}})

    def history(self, ticket: str) -> dict[str, Any]:
        """Say nothing of a job at first, as of one still running."""
        self.server.polls[ticket] = self.server.polls.get(ticket, 0) + 1
        if self.server.polls[ticket] < 2 or self.server.trouble == "stuck":
            return {}
        if self.server.trouble == "failed":
            told = {"node_id": "3", "node_type": "KSampler", "exception_message": "out of\nmemory"}
            messages = [["execution_start", {}], ["execution_error", told]]
            status = {"status_str": "error", "completed": False, "messages": messages}
            return {ticket: {"outputs": {}, "status": status}}
        saved = {"filename": f"{ticket}.png", "subfolder": "a b", "type": "output"}
        images = [saved] * {"none": 0, "unsaved": 0, "two": 2}.get(self.server.trouble, 1)
        shown = [] if self.server.trouble == "none" else [{**saved, "type": "temp"}]
        outputs = {"9": {"images": images}, "10": {"images": shown}}
        status = {"status_str": "success", "completed": True, "messages": []}
        return {ticket: {"outputs": outputs, "status": status}}

    def view(self, name: str) -> None:
        if self.server.trouble == "lost":
            self.send_error(404)
            return
        job = self.server.jobs[int(name.removeprefix("job-").removesuffix(".png"))]
        seed = int(hashlib.sha256(json.dumps(job).encode()).hexdigest()[:8], 16)
        shape = (96, 64, 3) if self.server.trouble == "oblong" else (64, 64, 3)
        pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
        sink = io.BytesIO()
        Image.fromarray(pixels).save(sink, "PNG")
        data = sink.getvalue()[:99] if self.server.trouble == "torn" else sink.getvalue()
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(data)

    def reply(self, told: object, status: int = 200) -> None:
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def comfy_server(trouble: str = "") -> Iterator[ComfyServer]:
    """Run a ComfyUI on a free port of this machine."""
    with ComfyServer(trouble) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
