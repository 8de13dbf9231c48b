"""An app for the host's tests: every trigger, and functions that misbehave on purpose."""

import asyncio
import json
import logging
import os
import threading
import time
from http.cookies import SimpleCookie
from pathlib import Path

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
# Given by the worker, absent from the declared type.
FIELDS = ("schedule_status", "schedule")
_writing = threading.Lock()
together = threading.Barrier(4)
together_async = asyncio.Barrier(4)


def note(**facts: object) -> None:
    """Leave a line that the test can read, whatever becomes of this process."""
    with _writing, Path(os.environ["NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(json.dumps({"pid": os.getpid(), **facts}) + "\n")


def answer(req: func.HttpRequest, name: str) -> func.HttpResponse:
    """What the function was given, as JSON."""
    seen = {
        "function": name,
        "method": req.method,
        "url": req.url,
        "params": dict(req.params),
        "route": dict(req.route_params),
        "headers": dict(req.headers),
        "body": req.get_body().decode("latin-1"),
    }
    return func.HttpResponse(
        json.dumps(seen), mimetype="application/json", status_code=201, headers={"X-Answer": "yes"}
    )


@app.route("items/{id:int}", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
def item(req: func.HttpRequest) -> func.HttpResponse:
    return answer(req, "item")


@app.route("items/{name}", auth_level=func.AuthLevel.ANONYMOUS)
def named(req: func.HttpRequest) -> func.HttpResponse:
    return answer(req, "named")


@app.route("items/special", auth_level=func.AuthLevel.ANONYMOUS)
def special(req: func.HttpRequest) -> func.HttpResponse:
    return answer(req, "special")


@app.route("files/{*path}", auth_level=func.AuthLevel.ANONYMOUS)
def files(req: func.HttpRequest) -> func.HttpResponse:
    return answer(req, "files")


@app.route("text", auth_level=func.AuthLevel.ANONYMOUS)
def text(req: func.HttpRequest) -> str:
    return "plain"


@app.route("cookies", auth_level=func.AuthLevel.ANONYMOUS)
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse(status_code=204)
    for value in ("a=1; Path=/", "b=2; HttpOnly; Path=/"):
        response.headers.add("Set-Cookie", SimpleCookie(value).output(header="").strip())
    return response


@app.route("later", auth_level=func.AuthLevel.ANONYMOUS)
async def later(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(float(req.params.get("seconds", "0")))
    return answer(req, "later")


@app.route("meet", auth_level=func.AuthLevel.ANONYMOUS)
def meet(req: func.HttpRequest) -> func.HttpResponse:
    together.wait()
    return func.HttpResponse()


@app.route("meet_async", auth_level=func.AuthLevel.ANONYMOUS)
async def meet_async(req: func.HttpRequest) -> func.HttpResponse:
    await together_async.wait()
    return func.HttpResponse()


@app.route("slow", auth_level=func.AuthLevel.ANONYMOUS)
def slow(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(float(req.params["seconds"]))
    return answer(req, "slow")


@app.route("boom", auth_level=func.AuthLevel.ANONYMOUS)
def boom(req: func.HttpRequest) -> func.HttpResponse:
    raise LookupError("on purpose\nin two lines")


@app.route("die", auth_level=func.AuthLevel.ANONYMOUS)
def die(req: func.HttpRequest) -> func.HttpResponse:
    os._exit(7)


@app.route("pid", auth_level=func.AuthLevel.ANONYMOUS)
def pid(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(os.getpid()))


@app.route("environment", auth_level=func.AuthLevel.ANONYMOUS)
def environment(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps({"variables": dict(os.environ), "folder": str(Path.cwd())}))


@app.route("log", auth_level=func.AuthLevel.ANONYMOUS)
def log_something(req: func.HttpRequest) -> func.HttpResponse:
    logging.getLogger("app").info("line.one\nline.two", extra={"rows": 3})
    print("printed")  # noqa: T201 - apps may print
    return func.HttpResponse()


@app.route("secret")
def secret(req: func.HttpRequest) -> func.HttpResponse:
    return answer(req, "secret")


@app.route("master", auth_level=func.AuthLevel.ADMIN)
def master(req: func.HttpRequest) -> func.HttpResponse:
    return answer(req, "master")


@app.route("off", auth_level=func.AuthLevel.ANONYMOUS)
def off(req: func.HttpRequest) -> func.HttpResponse:
    return answer(req, "off")


@app.queue_trigger("msg", "%PREFIX%-work", "AzureWebJobsStorage")
def work(msg: func.QueueMessage, context: func.Context) -> None:
    """The body says what to do."""
    body = msg.get_body().decode()
    note(
        function="work",
        body=body,
        id=msg.id,
        count=msg.dequeue_count,
        inserted=str(msg.insertion_time),
        expires=str(msg.expiration_time),
        context=context.function_name,
    )
    what, _, argument = body.partition(" ")
    if what == "fail":
        raise ValueError("on purpose")
    if what == "die":
        os._exit(7)
    if what == "sleep":
        time.sleep(float(argument))
    note(function="work", done=body)


@app.queue_trigger("msg", "%PREFIX%-work-poison", "AzureWebJobsStorage")
def work_poison(msg: func.QueueMessage) -> None:
    note(function="work_poison", body=msg.get_body().decode(errors="replace"))


@app.timer_trigger("timer", "%SCHEDULE%")
def tick(timer: func.TimerRequest) -> None:
    note(function="tick", did="begin", past_due=timer.past_due, **{name: getattr(timer, name) for name in FIELDS})
    time.sleep(float(os.environ.get("TICK_SECONDS", "0")))
    note(function="tick", did="end")
    if os.environ.get("TICK_FAILS"):
        raise ValueError("on purpose")
