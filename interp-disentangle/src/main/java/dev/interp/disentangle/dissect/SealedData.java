package dev.interp.disentangle.dissect;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.CRC32;

/** Bytes of an accumulator between a name and a check sum, so that damage is noticed. */
final class SealedData {
  private static final int VERSION = 1;
  private static final int LARGEST = 1 << 30;

  private SealedData() {}

  interface Writer {
    void write(DataOutputStream out) throws IOException;
  }

  interface Reader<T> {
    T read(DataInputStream in) throws IOException;
  }

  static void write(OutputStream out, String name, Writer body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    body.write(new DataOutputStream(bytes));
    CRC32 sum = new CRC32();
    sum.update(bytes.toByteArray());
    DataOutputStream data = new DataOutputStream(out);
    data.writeUTF("interp " + name);
    data.writeInt(VERSION);
    data.writeInt(bytes.size());
    bytes.writeTo(data);
    data.writeLong(sum.getValue());
    data.flush();
  }

  static <T> T read(InputStream in, String name, Reader<T> body) throws IOException {
    try {
      DataInputStream data = new DataInputStream(in);
      String found = data.readUTF();
      int version = data.readInt();
      if (!found.equals("interp " + name) || version != VERSION) {
        throw new IOException(
            "the data must be 'interp " + name + "', version " + VERSION + "; other data was read");
      }
      int length = data.readInt();
      if (length < 0 || length > LARGEST) {
        throw new IOException("the data of '" + name + "' is damaged: its length is " + length);
      }
      byte[] bytes = data.readNBytes(length);
      CRC32 sum = new CRC32();
      sum.update(bytes);
      if (bytes.length != length || data.readLong() != sum.getValue()) {
        throw new IOException("the data of '" + name + "' is damaged: its check sum differs");
      }
      return body.read(new DataInputStream(new ByteArrayInputStream(bytes)));
    } catch (EOFException | java.io.UTFDataFormatException e) {
      throw new IOException("the data of '" + name + "' is cut short or damaged", e);
    }
  }
}
