import keras
import numpy as np

from keras_transformer.callbacks import LearningRate
from keras_transformer.schedules import WarmupSchedule


def test_the_rate_of_a_schedule_is_in_the_history():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    schedule = WarmupSchedule(peak=0.1, warmup_steps=4)
    model.compile(keras.optimizers.Adam(schedule), loss="mse", jit_compile=False)
    data = np.zeros((4, 1))
    history = model.fit(data, data, batch_size=2, epochs=3, callbacks=[LearningRate()], verbose=0).history
    np.testing.assert_allclose(history["learning_rate"], [float(schedule(step)) for step in (2, 4, 6)], rtol=1e-6)
