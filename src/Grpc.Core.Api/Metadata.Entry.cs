using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One key with its value: text, or bytes when the key ends in "-bin". Cannot change.</summary>
    public sealed class Entry
    {
        private readonly string? _text;
        private readonly byte[]? _bytes;

        /// <summary>Bytes; the key must end in "-bin".</summary>
        public Entry(string key, byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            Key = Normalize(key);
            if (!IsBinary) throw new ArgumentException($"A key for bytes must end in '{BinaryHeaderSuffix}'.", nameof(key));
            _bytes = (byte[])valueBytes.Clone();
        }

        /// <summary>Text; the key must not end in "-bin".</summary>
        public Entry(string key, string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Key = Normalize(key);
            if (IsBinary) throw new ArgumentException($"A key for text must not end in '{BinaryHeaderSuffix}'.", nameof(key));
            _text = value;
        }

        /// <summary>The key, in lower case.</summary>
        public string Key { get; }

        /// <summary>Whether the value is bytes.</summary>
        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        /// <summary>The text. A binary entry has none.</summary>
        public string Value => _text ?? throw new InvalidOperationException("A binary metadata entry has no text value.");

        /// <summary>A copy of the bytes; of a text entry, its ASCII bytes.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_text!) : (byte[])_bytes.Clone();

        /// <inheritdoc/>
        public override string ToString() => IsBinary
            ? $"[Entry: key={Key}, valueBytes={Convert.ToHexString(_bytes!)}]"
            : $"[Entry: key={Key}, value={_text}]";

        /// <summary>Keys are compared and sent in lower case and use letters, digits, '_', '-' and '.' only.</summary>
        internal static string Normalize(string key)
        {
            ArgumentException.ThrowIfNullOrEmpty(key);
            var changed = false;
            foreach (var c in key)
            {
                if (char.IsAsciiLetterUpper(c)) changed = true;
                else if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('_' or '-' or '.'))
                {
                    throw new ArgumentException("A metadata key holds only letters, digits, '_', '-' and '.'.", nameof(key));
                }
            }
            return changed ? key.ToLowerInvariant() : key;
        }
    }
}
