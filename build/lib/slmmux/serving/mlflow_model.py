"""The registered model, from code: MLflow runs this file wherever it loads the model.

The file only translates: a table of questions into conversations, answers into a table, errors into MLflow's.
"""

import json
import time
from dataclasses import asdict

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, TEMPORARILY_UNAVAILABLE
from mlflow.pyfunc import PythonModel

from slmmux.errors import InputError
from slmmux.serving.configuration import parse_registered
from slmmux.serving.models import ModelFailed
from slmmux.serving.question import conversations
from slmmux.serving.session import Session
from slmmux.serving.traces import trace_answer


class SlmMux(PythonModel):
    def load_context(self, context) -> None:
        registered = parse_registered(dict(context.model_config))
        self._served = registered.served
        self._session = Session(registered)

    def predict(self, context, model_input: pd.DataFrame, params=None) -> pd.DataFrame:
        """A table with a column `question` → a row each: answer, confidence, model, response, votes (JSON),
        prompt_tokens and completion_tokens of all finished samples, saved_samples.

        Raises MlflowException, of one line: status 400 where a question is none or its models refuse it, 503 where a
        model fails.
        """
        try:
            asked = conversations(self._served.reader, model_input["question"].tolist(), self._served.options)
        except InputError as error:
            raise MlflowException(str(error), INVALID_PARAMETER_VALUE) from None
        began = time.time_ns()
        try:
            found = self._session.answers(asked)
        except InputError as error:
            refused = isinstance(error, ModelFailed) and error.refused
            raise MlflowException(str(error), INVALID_PARAMETER_VALUE if refused else TEMPORARILY_UNAVAILABLE) from None
        for question, answer in zip(asked, found):
            trace_answer(self._served.name, question, answer, began)
        return pd.DataFrame(
            {
                "answer": [a.answer for a in found],
                "confidence": [a.confidence for a in found],
                "model": [a.model for a in found],
                "response": [a.response for a in found],
                "votes": [json.dumps([asdict(v) for v in a.votes], ensure_ascii=False) for a in found],
                "prompt_tokens": [a.prompt_tokens for a in found],
                "completion_tokens": [a.completion_tokens for a in found],
                "saved_samples": [a.saved_samples for a in found],
            },
            index=model_input.index,
        )


mlflow.models.set_model(SlmMux())
