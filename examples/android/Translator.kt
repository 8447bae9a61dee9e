// NEVER BUILT: written against the sources of LiteRT, without an Android SDK.
//
// A screen that translates while the user types. It needs the dependency com.google.ai.edge.litert:litert, the file
// my.tflite in the assets, and API level 24. docs/mobile.md describes the signature `translate_text`.

package example.translator

import android.app.Activity
import android.os.Bundle
import android.text.Editable
import android.text.TextWatcher
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.TextView
import java.io.File
import java.util.concurrent.Executors
import org.tensorflow.lite.Interpreter

class TextTranslator(file: File, threads: Int) : AutoCloseable {
    private val interpreter = Interpreter(file, Interpreter.Options().setNumThreads(threads))
    private val shape = interpreter.getOutputTensorFromSignature("code_points", "translate_text").shapeSignature()

    /** Returns the translations of a sentence, best first. */
    fun translate(text: String): List<String> {
        val points = text.codePoints().toArray().takeIf { it.isNotEmpty() } ?: intArrayOf(0)
        val written = Array(1) { Array(shape[1]) { IntArray(shape[2]) } }
        val outputs = mapOf<String, Any>("code_points" to written, "scores" to Array(1) { FloatArray(shape[1]) })
        interpreter.runSignature(mapOf<String, Any>("code_points" to arrayOf(points)), outputs, "translate_text")
        return written[0].map { row -> String(row, 0, row.indexOf(0).let { if (it < 0) row.size else it }) }
    }

    override fun close() = interpreter.close()
}

class TranslatorActivity : Activity(), TextWatcher {
    // An interpreter is not thread-safe: one thread loads, translates and closes it.
    private val worker = Executors.newSingleThreadExecutor()
    private lateinit var translator: TextTranslator
    private lateinit var target: TextView
    @Volatile private var newest = ""

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        val source = EditText(this)
        target = TextView(this)
        val column = LinearLayout(this)
        column.orientation = LinearLayout.VERTICAL
        column.addView(source)
        column.addView(target)
        setContentView(column)
        worker.execute {
            val file = File(filesDir, "my.tflite") // Assets are not files.
            assets.open("my.tflite").use { input -> file.outputStream().use { input.copyTo(it) } }
            translator = TextTranslator(file, threads = 2)
        }
        source.addTextChangedListener(this)
    }

    override fun afterTextChanged(text: Editable) {
        newest = text.toString()
        val sentence = newest
        worker.execute {
            if (sentence == newest) {
                val found = translator.translate(sentence).first()
                runOnUiThread { target.text = found }
            }
        }
    }

    override fun beforeTextChanged(text: CharSequence, start: Int, count: Int, after: Int) = Unit

    override fun onTextChanged(text: CharSequence, start: Int, before: Int, count: Int) = Unit

    override fun onDestroy() {
        worker.execute { translator.close() }
        worker.shutdown()
        super.onDestroy()
    }
}
