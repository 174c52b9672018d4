# Two stages: the wheel is built in the first, and only what it needs stands in the second.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY newsletter ./newsletter
COPY templates ./templates
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
RUN useradd --system --create-home --uid 10001 newsletter \
    && install --directory --owner newsletter /var/lib/newsletter
WORKDIR /app
# The libraries first: they change less often than the service. Exactly those of the lock, file by file.
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-deps /wheels/*.whl && rm -r /wheels
COPY worker.py ./
USER newsletter
ENV PYTHONUNBUFFERED=1 NEWSLETTER_DATA_DIR=/var/lib/newsletter NEWSLETTER_LOG_FORMAT=json
EXPOSE 8000
CMD ["newsletter", "serve", "--host", "0.0.0.0", "--port", "8000"]
