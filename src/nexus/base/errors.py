"""Every error NEXUS raises on purpose.

NexusError
├── ConfigError          a setting is impossible, unknown, or contradicts another
├── InputError           a picture, question or option from a person cannot be used
├── LanguageError        a query or fact is not well formed in a world's vocabulary
├── DataError            a data set, shard or manifest is missing, damaged or not what it claims
├── SourceError          an image model, or the server it runs in, made no picture
├── CheckpointError      weights or training state are missing, damaged or of another recipe
├── StorageError         the disk refused: full, read-only, not permitted
├── NetworkError         something tried to leave this machine
├── CertificateError     a certificate does not establish its answer
├── ThoughtError         a thought came to numbers that are none: NaN or infinite latents or logits
├── LedgerError          the record of what may think is damaged, cut short or not what it claims
├── ReviewError          a change to what thinks is refused, and nothing has changed
└── TrainingError        a run cannot go on: non-finite loss, collapse that restoring did not cure
"""


class NexusError(Exception):
    """Base of all deliberate errors; ``hint`` is what the reader should try next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message} (hint: {hint})" if hint else message)
        self.message = message
        self.hint = hint


class ConfigError(NexusError): ...


class InputError(NexusError): ...


class LanguageError(NexusError): ...


class DataError(NexusError): ...


class SourceError(NexusError): ...


class CheckpointError(NexusError): ...


class StorageError(NexusError): ...


class NetworkError(NexusError, OSError):
    """Also an ``OSError``, so that libraries take it for what it is: a network out of reach."""


class CertificateError(NexusError): ...


class ThoughtError(NexusError): ...


class LedgerError(NexusError): ...


class ReviewError(NexusError): ...


class TrainingError(NexusError): ...
