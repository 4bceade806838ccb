"""What the application carries, by typed key."""

from aiohttp import web

from bot.content.replies import Content
from bot.engine import Engine

ENGINE: web.AppKey[Engine] = web.AppKey("engine", Engine)
CONTENT = web.AppKey("content", Content)
LEAVE_URL = web.AppKey("leave_url", str)
