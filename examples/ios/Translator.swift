// NEVER BUILT: written against the sources of TensorFlow Lite, without Xcode.
//
// A view that translates while the user types. It needs the pod TensorFlowLiteSwift and the file my.tflite in the
// bundle. docs/mobile.md describes the signature `translate_text`.

import SwiftUI
import TensorFlowLite

/// An actor, because a signature runner is not thread-safe.
actor TextTranslator {
  private let signature: SignatureRunner

  init(file: String, threads: Int) throws {
    var options = Interpreter.Options()
    options.threadCount = threads
    signature = try Interpreter(modelPath: file, options: options).signatureRunner(with: "translate_text")
  }

  /// Returns the translations of a sentence, best first.
  func translate(_ text: String) throws -> [String] {
    let points: [Int32] = text.isEmpty ? [0] : text.unicodeScalars.map { Int32($0.value) }
    try signature.resizeInput(named: "code_points", toShape: [1, points.count])
    try signature.invoke(with: ["code_points": points.withUnsafeBufferPointer { Data(buffer: $0) }])
    let output = try signature.output(named: "code_points")
    let written = output.data.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    let width = output.shape.dimensions[2]
    return stride(from: 0, to: written.count, by: width).map { start in
      let scalars = written[start..<start + width].prefix { $0 != 0 }.compactMap { Unicode.Scalar(UInt32($0)) }
      return String(String.UnicodeScalarView(scalars))
    }
  }
}

struct TranslatorView: View {
  @State private var source = ""
  @State private var target = ""
  @State private var translator: TextTranslator?

  var body: some View {
    VStack(alignment: .leading) {
      TextEditor(text: $source)
      Divider()
      ScrollView { Text(target).textSelection(.enabled) }
    }
    .padding()
    // A new text cancels the task of the text before.
    .task(id: source) {
      do {
        if translator == nil {
          let file = Bundle.main.path(forResource: "my", ofType: "tflite")!
          translator = try TextTranslator(file: file, threads: 2)
        }
        let found = try await translator!.translate(source)
        if !Task.isCancelled { target = found.first ?? "" }
      } catch {
        target = error.localizedDescription
      }
    }
  }
}

@main
struct TranslatorApp: App {
  var body: some Scene {
    WindowGroup { TranslatorView() }
  }
}
